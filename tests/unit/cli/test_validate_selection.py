"""`validate`: which findings are told, how severe they are, and when the run fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.app.api import Topology
from orchestrator.cli import main
from orchestrator.errors import ExitCode, UsageError

Capture = pytest.CaptureFixture[str]

EARLY = """\
version: 1
name: early
nodes:
  feed:
    command: ./feed
    kind: task
    sockets:
      out: {type: PUB, bind: tcp://localhost:5555}
  client:
    command: ./client
    sockets:
      in: {type: SUB, connect: feed.out, subscribe: [""]}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "early.yaml").write_text(EARLY)
    return tmp_path


def told(capsys: Capture, *words: str, code: int = ExitCode.OK) -> list[str]:
    """`CODE severity` of each finding."""
    assert main(["validate", "early.yaml", "-f", "jsonl", *words]) == code
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    return sorted(f"{line['code']} {line['severity']}" for line in lines)


BOTH = ["ZMQ131 warning", "ZMQ308 note"]


def test_all_severities_are_told_and_only_errors_fail(capsys: Capture) -> None:
    assert told(capsys) == BOTH


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--select", "ZMQ131"], BOTH[:1]),
        (["--select", "slow-joiner"], BOTH[:1]),
        (["--select", "ZMQ1,ZMQ2"], BOTH[:1]),
        (["--select", "ZMQ1", "--select", "bind-localhost"], BOTH),
        (["--select", "ZMQ2"], []),
        (["--select", "ZMQ2", "--extend-select", "ZMQ3"], BOTH[1:]),
        (["--ignore", "ZMQ3"], BOTH[:1]),
        (["--ignore", "slow-joiner, ZMQ308"], []),
        (["--ignore", "ALL"], []),
    ],
)
def test_select_and_ignore(words: list[str], left: list[str], capsys: Capture) -> None:
    assert told(capsys, *words) == left


@pytest.mark.parametrize(
    ("limit", "code"),
    [("error", 0), ("warning", 1), ("note", 1), ("never", 0)],
)
def test_fail_on(limit: str, code: int, capsys: Capture) -> None:
    assert told(capsys, "--fail-on", limit, code=code) == BOTH
    assert told(capsys, "--fail-on", limit, "--select", "ZMQ308", code=limit == "note") == BOTH[1:]


def test_severities_can_be_overridden(capsys: Capture) -> None:
    words = ["--severity", "slow-joiner=error", "--severity", "ZMQ3=warning"]
    assert told(capsys, *words, code=1) == ["ZMQ131 error", "ZMQ308 warning"]


def test_the_closer_override_wins_and_the_command_line_over_the_file(project: Path, capsys: Capture) -> None:
    (project / "orchestrator.toml").write_text("severity = {ZMQ131 = 'error', ZMQ1 = 'note'}")
    assert told(capsys, code=1) == ["ZMQ131 error", "ZMQ308 note"]
    assert told(capsys, "--severity", "ZMQ131=note") == ["ZMQ131 note", "ZMQ308 note"]


def test_errors_of_reading_stay_whatever_is_asked(project: Path, capsys: Capture) -> None:
    (project / "early.yaml").write_text(EARLY + "nodez: {}\n")
    assert told(capsys, "--select", "ZMQ201", "--ignore", "ALL", code=1) == ["ZMQ030 error"]
    assert told(capsys, "--fail-on", "never") == [*["ZMQ030 error"], *BOTH]


def test_settings_of_each_file_are_its_own(project: Path, capsys: Capture) -> None:
    for name, text in (("a", "ignore = ['ZMQ131']"), ("b", "fail-on = 'note'\nignore = ['ZMQ308']")):
        (project / name).mkdir()
        (project / name / "t.yaml").write_text(EARLY)
        (project / name / "orchestrator.toml").write_text(text)
    assert main(["validate", "a/t.yaml", "-f", "concise", "-q"]) == ExitCode.OK
    assert "ZMQ308" in capsys.readouterr().out
    assert main(["validate", "a/t.yaml", "b/t.yaml", "-f", "concise", "-q"]) == ExitCode.FINDINGS
    shown = capsys.readouterr().out.splitlines()
    assert [line[:8] + line[-8:] for line in shown] == ["a/t.yaml[ZMQ308]", "b/t.yaml[ZMQ131]"]
    assert main(["validate", "b/t.yaml", "--isolated"]) == ExitCode.OK


@pytest.mark.parametrize("pattern", ["early.yaml", "*.yaml", "**/early.yaml", "e*"])
def test_per_file_ignores(pattern: str, project: Path, capsys: Capture) -> None:
    (project / "orchestrator.toml").write_text(f"per-file-ignores = {{'{pattern}' = ['ZMQ1']}}")
    assert told(capsys) == BOTH[1:]


def test_per_file_ignores_of_other_files(project: Path, capsys: Capture) -> None:
    (project / "orchestrator.toml").write_text("per-file-ignores = {'dev/*' = ['ALL']}")
    assert told(capsys) == BOTH
    (project / "dev").mkdir()
    (project / "early.yaml").rename(project / "dev" / "early.yaml")
    assert main(["validate", "dev/early.yaml", "--fail-on", "note"]) == ExitCode.OK


def test_junit_fails_what_the_settings_say(project: Path, capsys: Capture) -> None:
    main(["validate", "early.yaml", "-f", "junit", "--fail-on", "warning"])
    assert 'failures="1"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--select", "ZMQ0300"], "did you mean ZMQ030?"),
        (["--ignore", "slow-joyner"], "--ignore: there is no rule 'slow-joyner'"),
        (["--ignore", "unknown-key"], "--ignore: unknown-key can't be ignored"),
        (["--severity", "ZMQ131"], "write CODE=error"),
        (["--severity", "ZMQ131=fatal"], "write CODE=error"),
        (["--severity", "nothing=note"], "there is no rule 'nothing'"),
        (["--severity", "ZMQ03=note"], "ZMQ03 can't be made less than errors"),
        (["--fail-on", "fatal"], "invalid choice: 'fatal'"),
        (["--select", ","], "--select: no code"),
        (["--config", "x.toml", "--isolated"], "exclude each other"),
        (["--config", "x.toml"], "x.toml can't be read"),
    ],
)
def test_a_wrong_word_is_a_question_of_usage(words: list[str], hint: str, capsys: Capture) -> None:
    assert main(["validate", "early.yaml", *words]) == ExitCode.USAGE
    assert hint in capsys.readouterr().err


def test_the_settings_hold_from_python_too(project: Path) -> None:
    assert {f.code for f in Topology.load("early.yaml").check()} == {"ZMQ131", "ZMQ308"}
    (project / "orchestrator.toml").write_text("ignore = ['ZMQ1']")
    assert {f.code for f in Topology.load("early.yaml").check()} == {"ZMQ308"}
    (project / "orchestrator.toml").write_text("ignor = []")
    with pytest.raises(UsageError, match="there is no setting `ignor`"):
        Topology.load("early.yaml")


def test_the_summary_says_how_many_are_ignored(project: Path, capsys: Capture) -> None:
    reason = "  # orchestrator: ignore[ZMQ131] it sleeps first"
    (project / "early.yaml").write_text(EARLY.replace("localhost:5555}", "localhost:5555}" + reason))
    assert main(["validate", "early.yaml"]) == ExitCode.OK
    assert capsys.readouterr().out.endswith("Found 1 note in 1 file (1 ignored by comments).\n")
    assert main(["validate", "early.yaml", "--ignore", "ZMQ308"]) == ExitCode.OK
    assert (
        capsys.readouterr().out == "early.yaml: early, 2 nodes, 1 link, no findings, 1 ignored by comments\n"
    )
