"""`orchestrator graph`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli import main
from orchestrator.errors import ExitCode

Capture = pytest.CaptureFixture[str]
TEXT = """\
version: 1
name: pair
nodes:
  a: {run: "m:a", sockets: {x: {type: PUSH, bind: auto}}}
  b: {run: "m:b", sockets: {x: {type: PULL, connect: a.x}}}
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text(TEXT)


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ([], "{"),
        (["-f", "graphml"], "<?xml"),
        (["-f", "gexf", "-o", "-"], "<?xml"),
        (["-f", "dot"], "digraph"),
    ],
)
def test_formats_on_standard_output(words: list[str], start: str, capsys: Capture) -> None:
    assert main(["graph", "t.yaml", *words]) == ExitCode.OK
    assert capsys.readouterr().out.startswith(start)


@pytest.mark.parametrize(("name", "start"), [("o.graphml", "<?xml"), ("o.json", "{"), ("o.gv", "digraph")])
def test_the_suffix_tells_the_format(name: str, start: str, capsys: Capture) -> None:
    assert main(["graph", "t.yaml", "-o", name]) == ExitCode.OK
    assert Path(name).read_text().startswith(start)
    assert capsys.readouterr().out == ""


def test_numbers_for_people_and_programs(capsys: Capture) -> None:
    assert main(["graph", "t.yaml", "--stats"]) == ExitCode.OK
    assert "longest path         1 steps: a → b\n" in capsys.readouterr().out
    assert main(["graph", "t.yaml", "--stats", "-f", "json"]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found["longest_path"] == [["a"], ["b"]]
    assert found["fan"] == {"a": {"in": 0, "out": 1}, "b": {"in": 1, "out": 0}}
    assert main(["graph", "t.yaml", "--stats", "-o", "numbers.txt"]) == ExitCode.OK
    assert Path("numbers.txt").read_text().startswith("nodes ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-f", "svg"], "there is no format 'svg' here"),
        (["-o", "x.svg"], "the suffix of x.svg names no format"),
        (["--stats", "-f", "dot"], "the formats are text, json"),
    ],
)
def test_formats_that_are_none(words: list[str], told: str, capsys: Capture) -> None:
    assert main(["graph", "t.yaml", *words]) == ExitCode.USAGE
    assert told in capsys.readouterr().err


def test_a_place_that_is_not_there(capsys: Capture) -> None:
    assert main(["graph", "t.yaml", "-o", "no/x.json"]) == ExitCode.FINDINGS
    assert "no/x.json can't be written" in capsys.readouterr().err


def test_a_file_with_errors(capsys: Capture) -> None:
    Path("t.yaml").write_text("version: 1\nname: a\nnodes: {a: {}}\n")
    assert main(["graph", "t.yaml"]) == ExitCode.FINDINGS
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error[ZMQ036]" in shown.err
