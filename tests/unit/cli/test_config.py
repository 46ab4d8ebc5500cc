"""`orchestrator config`."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from orchestrator.cli import main
from orchestrator.errors import ExitCode

Capture = pytest.CaptureFixture[str]

MAIN = """\
version: 1
name: market
include: more.yaml
defaults: {env: {LEVEL: "${LEVEL:-info}"}}
nodes:
  feed:
    run: m:Feed
    params: {url: "${FEED_URL:?say where the feed is}", token: "${API_TOKEN:-none}"}
    sockets: {out: {type: PUB, bind: "tcp://127.0.0.1:${PORT}"}}
    profiles: [live]
"""
MORE = """\
nodes:
  sink:
    command: [sink, "${LEVEL}"]
    sockets: {in: {type: SUB, connect: feed.out, subscribe: ""}}
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LEVEL", "FEED_URL", "API_TOKEN", "PORT"):
        monkeypatch.delenv(name, raising=False)
    Path("t.yaml").write_text(MAIN)
    Path("more.yaml").write_text(MORE)
    Path(".env").write_text("PORT=5556\nLEVEL=debug\n")


def test_everything_is_in_one_file_that_is_clean(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("FEED_URL", "there")
    assert main(["config", "t.yaml"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "bind: tcp://127.0.0.1:5556\n" in shown
    assert "command: [sink, debug]\n" in shown
    assert "url: there\n" in shown
    assert "token: '***'\n" in shown
    assert "include" not in shown
    Path("out.yaml").write_text(shown)
    Path(".env").unlink()
    monkeypatch.delenv("FEED_URL")
    assert main(["validate", "-q", "out.yaml"]) == ExitCode.OK
    assert capsys.readouterr().out == ""
    assert main(["config", "out.yaml"]) == ExitCode.OK
    assert capsys.readouterr().out == shown


def test_json_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    text = "version: 1\nname: a\nnodes: {one: {run: 'm:f'}}\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["config", "-", "--format", "json"]) == ExitCode.OK
    shown = json.loads(capsys.readouterr().out)
    assert shown["nodes"]["one"]["run"] == "m:f"
    assert shown["nodes"]["one"]["kind"] == "service"


def test_numbers_that_json_does_not_have(capsys: Capture) -> None:
    Path("n.yaml").write_text("version: 1\nname: a\nnodes: {one: {run: 'm:f', params: {x: .inf}}}\n")
    assert main(["config", "n.yaml", "--format", "json"]) == ExitCode.USAGE
    assert "JSON has no infinite numbers" in capsys.readouterr().err
    assert main(["config", "n.yaml"]) == ExitCode.OK
    assert "x: .inf\n" in capsys.readouterr().out


def test_profiles(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("FEED_URL", "there")
    assert main(["config", "t.yaml", "--profile", "live"]) == ExitCode.OK
    assert "feed:" in capsys.readouterr().out
    assert main(["config", "t.yaml", "--profile", "liv"]) == ExitCode.USAGE
    assert "did you mean `live`?" in capsys.readouterr().err


def test_a_file_with_errors(capsys: Capture) -> None:
    assert main(["config", "t.yaml"]) == ExitCode.FINDINGS
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error[ZMQ014]: the variable `FEED_URL` is not set: say where the feed is" in shown.err


def test_variables_are_listed_without_their_values(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("API_TOKEN", "hunter2")
    assert main(["config", "t.yaml", "--variables"]) == ExitCode.OK
    shown = capsys.readouterr()
    assert shown.err == ""
    assert [line.split() for line in shown.out.splitlines()] == [
        ["NAME", "REQUIRED", "SET", "DEFAULT", "USED", "AT"],
        ["LEVEL", "required", ".env", "'info'", "t.yaml:4:26,", "more.yaml:3:22"],
        ["FEED_URL", "required", "not", "set", "-", "t.yaml:8:20"],
        ["API_TOKEN", "optional", "environment", "'***'", "t.yaml:8:65"],
        ["PORT", "required", ".env", "-", "t.yaml:9:55"],
    ]


def test_variables_for_programs(capsys: Capture) -> None:
    assert main(["config", "t.yaml", "--variables", "--format", "json"]) == ExitCode.OK
    shown = json.loads(capsys.readouterr().out)
    assert shown["version"] == 1
    assert shown["variables"][1] == {
        "name": "FEED_URL",
        "required": True,
        "defaults": [],
        "message": "say where the feed is",
        "set": False,
        "source": None,
        "places": [{"file": "t.yaml", "line": 8, "column": 20}],
    }


@pytest.mark.parametrize("word", ['TOKEN: "${A:-abc}"', 'secrets: ["x", {n: "${A:-abc}"}]'])
def test_a_default_that_becomes_a_secret_is_not_shown(word: str, capsys: Capture) -> None:
    text = f'version: 1\nname: n\nnodes: {{token: {{run: "m:f", params: {{{word}}}, cwd: "${{B:-abcd}}"}}}}\n'
    Path("n.yaml").write_text(text)
    assert main(["config", "n.yaml", "--variables"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "'abc'" not in shown
    assert "'abcd'" in shown
    assert "'***'" in shown


def test_no_variables(capsys: Capture) -> None:
    Path("n.yaml").write_text("version: 1\nname: a\nnodes: {one: {run: 'm:f'}}\n")
    assert main(["config", "n.yaml", "--variables"]) == ExitCode.OK
    assert capsys.readouterr().out == "no variables\n"


@pytest.mark.parametrize("text", [None, "a: [", "- 1"])
def test_variables_of_what_is_no_topology(text: str | None, capsys: Capture) -> None:
    if text is not None:
        Path("n.yaml").write_text(text)
    assert main(["config", "n.yaml", "--variables"]) == ExitCode.FINDINGS
    assert "error[ZMQ0" in capsys.readouterr().err
