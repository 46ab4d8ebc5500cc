"""The baseline: known findings stay untold while lines move, and entries that are not needed are told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orchestrator.cli import main
from orchestrator.errors import ExitCode
from orchestrator.rules import rule_of

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
    (tmp_path / "t.yaml").write_text(EARLY)
    return tmp_path


def told(capsys: Capture, *words: str, code: int = ExitCode.OK) -> list[str]:
    """Code and line of each finding."""
    assert main(["validate", "-f", "jsonl", *(words or ("t.yaml", "--baseline", "b.json"))]) == code
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    return [f"{line['code']} {line['start']['line']}" for line in lines]


def write(*words: str) -> None:
    assert main(["validate", *(words or ("t.yaml",)), "--baseline", "b.json", "--write-baseline", "-q"]) == 0


def test_what_is_written_is_known_from_then_on(project: Path, capsys: Capture) -> None:
    write()
    assert "wrote b.json: 2 findings" in capsys.readouterr().err
    assert told(capsys) == []
    assert main(["validate", "t.yaml", "--baseline", "b.json"]) == ExitCode.OK
    assert capsys.readouterr().out.endswith("no findings, 2 known from the baseline\n")


def test_the_file_is_sorted_and_has_an_entry_per_line(project: Path) -> None:
    write()
    first, second = json.loads((project / "b.json").read_text())["findings"]
    assert first == {
        "file": "t.yaml",
        "code": "ZMQ131",
        "path": "nodes.feed.sockets.out",
        "message": first["message"],
    }
    assert "first messages are lost" in first["message"]
    assert second["path"] == "nodes.feed.sockets.out.bind"
    assert sum('{"file"' in line for line in (project / "b.json").read_text().splitlines()) == 2


def test_writing_twice_changes_nothing(project: Path) -> None:
    write()
    once = (project / "b.json").read_text()
    write()
    assert (project / "b.json").read_text() == once


def test_lines_may_move_and_messages_change(project: Path, capsys: Capture) -> None:
    write()
    (project / "t.yaml").write_text("# a comment\n\n" + EARLY.replace("  client:", "  reader:"))
    assert told(capsys) == []


def test_a_new_finding_is_told(project: Path, capsys: Capture) -> None:
    write()
    (project / "t.yaml").write_text(
        EARLY.replace(
            "nodes:", "nodes:\n  lonely:\n    command: ./x\n    sockets:\n      a: {type: PUB, bind: auto}"
        )
    )
    assert told(capsys) == ["ZMQ202 4"]


def test_a_second_finding_of_the_same_kind_at_the_same_place_is_told(project: Path, capsys: Capture) -> None:
    write()
    entries = json.loads((project / "b.json").read_text())
    entries["findings"][0]["path"] = entries["findings"][1]["path"]
    (project / "b.json").write_text(json.dumps(entries))
    assert "ZMQ131 8" in told(capsys)


def test_a_fixed_entry_is_a_note_at_its_place(project: Path, capsys: Capture) -> None:
    write()
    (project / "t.yaml").write_text(EARLY.replace("localhost", "127.0.0.1"))
    assert told(capsys) == ["ZMQ905 5"]
    assert main(["validate", "t.yaml", "--baseline", "b.json"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "note[ZMQ905]: ZMQ308 at `nodes.feed.sockets.out.bind` of t.yaml is not found any more" in shown
    assert " --> b.json:5:5" in shown
    assert '5 |     {"file": "t.yaml"' in shown
    assert told(capsys, "t.yaml", "--baseline", "b.json", "--fail-on", "note", code=1) == ["ZMQ905 5"]
    write()
    capsys.readouterr()
    assert told(capsys) == []


def test_an_entry_is_not_called_fixed_by_who_did_not_look(project: Path, capsys: Capture) -> None:
    write()
    (project / "other.yaml").write_text(EARLY.replace("early", "other"))
    capsys.readouterr()
    assert told(capsys, "t.yaml", "--baseline", "b.json", "--ignore", "ZMQ1,ZMQ3") == []
    assert told(capsys, "other.yaml", "--baseline", "b.json") == ["ZMQ131 8", "ZMQ308 8"]
    (project / "t.yaml").write_text("version: 1\nname: [\n")
    assert {word[:6] for word in told(capsys, code=1)} == {"ZMQ003"}


def test_entries_of_a_file_that_is_gone_are_fixed(project: Path, capsys: Capture) -> None:
    write()
    (project / "t.yaml").rename(project / "u.yaml")
    capsys.readouterr()
    assert told(capsys, "u.yaml", "--baseline", "b.json", "--select", "ZMQ905") == ["ZMQ905 4", "ZMQ905 5"]


def test_errors_of_reading_are_never_known(project: Path, capsys: Capture) -> None:
    (project / "t.yaml").write_text(EARLY + "nodez: {}\n")
    assert main(["validate", "t.yaml", "--baseline", "b.json", "--write-baseline"]) == ExitCode.FINDINGS
    assert json.loads((project / "b.json").read_text())["findings"] == []
    capsys.readouterr()
    assert "ZMQ030 13" in told(capsys, code=1)


def test_an_error_of_reading_stays_even_if_somebody_writes_it_in(project: Path, capsys: Capture) -> None:
    (project / "t.yaml").write_text(EARLY + "nodez: {}\n")
    entry = {"file": "t.yaml", "code": "ZMQ030", "path": "nodez", "message": ""}
    (project / "b.json").write_text(json.dumps({"version": 1, "findings": [entry]}))
    assert "ZMQ030 13" in told(capsys, code=1)


def test_writing_keeps_what_it_did_not_look_at(project: Path) -> None:
    (project / "other.yaml").write_text(EARLY.replace("early", "other"))
    write("t.yaml", "other.yaml")
    (project / "t.yaml").write_text(EARLY.replace("localhost", "127.0.0.1"))
    write("t.yaml", "--ignore", "ZMQ1")
    entries = json.loads((project / "b.json").read_text())["findings"]
    assert [(e["file"], e["code"]) for e in entries] == [
        ("other.yaml", "ZMQ131"),
        ("other.yaml", "ZMQ308"),
        ("t.yaml", "ZMQ131"),
    ]


def test_the_settings_name_the_baseline_seen_from_themselves(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (project / "orchestrator.toml").write_text("baseline = 'known/b.json'")
    (project / "known").mkdir()
    (project / "sub").mkdir()
    (project / "sub" / "t.yaml").write_text(EARLY)
    assert main(["validate", "sub/t.yaml", "--write-baseline", "-q"]) == ExitCode.OK
    entries = json.loads((project / "known" / "b.json").read_text())["findings"]
    assert {entry["file"] for entry in entries} == {"../sub/t.yaml"}
    capsys.readouterr()
    monkeypatch.chdir(project / "sub")
    assert told(capsys, "t.yaml") == []
    assert told(capsys, "t.yaml", "--isolated") == ["ZMQ131 8", "ZMQ308 8"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (None, "there is no baseline b.json"),
        ("{", "b.json:1:2: this baseline is no JSON"),
        ("[]", "b.json is no baseline of version 1"),
        ('{"version": 2, "findings": []}', "b.json is no baseline of version 1"),
        ('{"version": 1, "findings": [{"file": "x"}]}', '{"file": "x"} is no entry of a baseline'),
        ('{"version": 1, "findings": [7]}', "7 is no entry of a baseline"),
    ],
)
def test_a_broken_baseline_is_a_question_of_usage(
    text: str | None, hint: str, project: Path, capsys: Capture
) -> None:
    if text is not None:
        (project / "b.json").write_text(text)
    assert main(["validate", "t.yaml", "--baseline", "b.json"]) == ExitCode.USAGE
    shown = capsys.readouterr().err
    assert hint in shown
    assert "--write-baseline" in shown


def test_writing_needs_a_name_and_a_place(capsys: Capture) -> None:
    assert main(["validate", "t.yaml", "--write-baseline"]) == ExitCode.USAGE
    assert "say --baseline FILE" in capsys.readouterr().err
    assert main(["validate", "t.yaml", "--write-baseline", "--baseline", "no/dir/b.json"]) == ExitCode.USAGE
    assert "no/dir/b.json can't be written" in capsys.readouterr().err


def test_the_samples_of_the_page(project: Path, capsys: Capture) -> None:
    rule = rule_of("ZMQ905")
    assert rule is not None
    for heading, found in (("Bad", ["ZMQ905 4"]), ("Good", [])):
        sample = rule.section(heading).removeprefix("```json\n").removesuffix("```")
        (project / "b.json").write_text(sample)
        (project / "topology.yaml").write_text(EARLY)
        words = ("topology.yaml", "--baseline", "b.json", "--ignore", "ZMQ308")
        assert [word for word in told(capsys, *words) if word != "ZMQ131 8"] == found


@pytest.mark.skipif(os.name != "posix", reason="names of files are text there")
def test_a_file_whose_name_is_not_utf8(project: Path, capsys: Capture) -> None:
    name = "bad\udcff.yaml"
    try:
        (project / name).write_text(EARLY)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    write(name)
    capsys.readouterr()
    assert told(capsys, name, "--baseline", "b.json") == []
