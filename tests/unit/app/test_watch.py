"""Watching files: what counts as a change, and that none is lost or seen twice. No time passes here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from orchestrator.app.watch import stamp, watch
from orchestrator.cli import main
from orchestrator.errors import ExitCode

Capture = pytest.CaptureFixture[str]
GOOD = "version: 1\nname: good\nnodes:\n  a: {command: ./a}\n"
WRONG = GOOD + "nodez: {}\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "t.yaml").write_text(GOOD)
    return tmp_path


def watched(paths: Collection[str], *edits: Callable[[], object]) -> list[list[str]]:
    """What each run was told had changed, while one edit happens during each wait."""
    runs: list[list[str]] = []
    waiting = list(edits)

    def run(changed: Collection[str]) -> Collection[str]:
        runs.append(list(changed))
        return paths

    def sleep(_seconds: float) -> None:
        if not waiting:
            raise KeyboardInterrupt
        waiting.pop(0)()

    with pytest.raises(KeyboardInterrupt):
        watch(run, sleep=sleep)
    return runs


def edit(file: str, text: str) -> Callable[[], object]:
    def do() -> None:
        Path(file).write_text(text)
        stat = Path(file).stat()
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))

    return do


def nothing() -> None:
    pass


def test_runs_at_once_and_after_every_change() -> None:
    edits = (nothing, edit("t.yaml", "x"), nothing, nothing, edit("t.yaml", "xy"))
    assert watched(["t.yaml"], *edits) == [[], ["t.yaml"], ["t.yaml"]]


def test_a_file_may_go_and_come(project: Path) -> None:
    assert watched(["t.yaml"], (project / "t.yaml").unlink, nothing, edit("t.yaml", GOOD)) == [
        [],
        ["t.yaml"],
        ["t.yaml"],
    ]


def test_a_directory_changes_when_a_file_that_may_matter_comes(project: Path) -> None:
    assert watched(["."], edit("notes.txt", ""), edit("u.yaml", ""), edit(".env", "")) == [[], ["."], ["."]]


def test_a_change_during_a_run_is_not_lost(project: Path) -> None:
    runs: list[list[str]] = []

    def run(changed: Collection[str]) -> Collection[str]:
        runs.append(list(changed))
        if len(runs) == 2:
            edit("t.yaml", "changed while it was being read")()
        return ["t.yaml"]

    waits = iter([edit("t.yaml", "first"), nothing])

    def sleep(_seconds: float) -> None:
        next(waits)()

    watch(run, rounds=3, sleep=sleep)
    assert runs == [[], ["t.yaml"], ["t.yaml"]]


def test_a_change_during_the_first_run_is_not_lost(project: Path) -> None:
    runs: list[list[str]] = []

    def run(changed: Collection[str]) -> Collection[str]:
        runs.append(list(changed))
        if len(runs) == 1:
            later = time.time_ns() + 1_000_000_000  # clocks of file systems are coarse
            os.utime("t.yaml", ns=(later, later))
        return ["t.yaml", "."]

    watch(run, rounds=2, sleep=lambda _: None)
    assert runs == [[], ["t.yaml"]]


def test_stamps(project: Path) -> None:
    assert stamp("nothing") is None
    assert stamp("t.yaml") == stamp("t.yaml")
    assert stamp(".") == frozenset({"t.yaml"})


# ---------------------------------------------------------------------- the verb


def run_verb(monkeypatch: pytest.MonkeyPatch, words: list[str], *edits: Callable[[], object]) -> int:
    waiting = list(edits)

    def sleep(_seconds: float) -> None:
        if not waiting:
            raise KeyboardInterrupt
        waiting.pop(0)()

    monkeypatch.setattr("orchestrator.app.watch.time.sleep", sleep)
    return main(["validate", "--watch", "-q", "-f", "concise", *words])


def test_the_verb_watches_until_it_is_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    code = run_verb(monkeypatch, ["t.yaml"], edit("t.yaml", WRONG), edit("t.yaml", GOOD))
    assert code == ExitCode.INTERRUPTED
    shown = capsys.readouterr()
    assert shown.out.count("ZMQ030") == 1
    assert shown.err.count("changed: t.yaml") == 2
    assert shown.err.count("Watching for changes") == 3


def test_included_files_settings_and_baselines_are_watched(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (project / "t.yaml").write_text("include: [part.yaml]\n" + GOOD)
    (project / "part.yaml").write_text("nodes:\n  b: {command: ./b}\n")
    (project / "orchestrator.toml").write_text("baseline = 'b.json'")
    (project / "b.json").write_text('{"version": 1, "findings": []}')
    edits = (
        edit("part.yaml", "nodes:\n  b: {command: ./b, kin: task}\n"),
        edit("orchestrator.toml", "baselin = ''"),
        edit("orchestrator.toml", "baseline = 'b.json'"),
        edit("b.json", '{"version": 1, "findings": [] }'),
    )
    run_verb(monkeypatch, ["t.yaml"], *edits)
    shown = capsys.readouterr()
    names = [line.partition(": ")[2] for line in shown.err.splitlines() if line.startswith("changed")]
    assert names == ["part.yaml", "orchestrator.toml", "orchestrator.toml", "b.json"]
    assert "there is no setting `baselin`" in shown.err
    assert shown.out.count("part.yaml:2:21") == 3


def test_a_mistake_at_the_start_ends_the_watch(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert run_verb(monkeypatch, ["t.yaml", "--select", "nothing"]) == ExitCode.USAGE


@pytest.mark.parametrize("words", [["-"], ["t.yaml", "--baseline", "b.json", "--write-baseline"]])
def test_what_cannot_be_watched(words: list[str], capsys: Capture) -> None:
    assert main(["validate", "--watch", *words]) == ExitCode.USAGE
    assert "do not go together" in capsys.readouterr().err
