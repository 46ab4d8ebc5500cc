"""`orchestrator diff`, of files."""

from __future__ import annotations

import io
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
  a: {run: "m:a", replicas: 1, sockets: {x: {type: PUSH, bind: "tcp://127.0.0.1:5000", codec: json}}}
  b: {run: "m:b", env: {TOKEN: "${MY_TOKEN:-none}"}, sockets: {x: {type: PULL, connect: a.x, codec: json}}}
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text(TEXT)
    Path("same.yaml").write_text(TEXT.replace("replicas: 1, ", "") + "# the end\n")
    Path("port.yaml").write_text(TEXT.replace("5000", "5001"))
    Path("codec.yaml").write_text(TEXT.replace("codec: json", "codec: text"))
    Path("wrong.yaml").write_text(TEXT.replace("a.x", "a.y"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["same.yaml"], ExitCode.OK),
        (["port.yaml"], ExitCode.OK),
        (["port.yaml", "--fail-on", "endpoint"], ExitCode.FINDINGS),
        (["port.yaml", "--fail-on", "process"], ExitCode.FINDINGS),
        (["port.yaml", "--class", "bind=wire"], ExitCode.FINDINGS),
        (["codec.yaml"], ExitCode.FINDINGS),
        (["codec.yaml", "--fail-on", "never"], ExitCode.OK),
        (["codec.yaml", "--class", "payload=cosmetic"], ExitCode.OK),
    ],
)
def test_exit_codes(words: list[str], code: ExitCode) -> None:
    assert main(["diff", "old.yaml", *words]) == code


def test_text_names_the_change_and_its_place(capsys: Capture) -> None:
    main(["diff", "old.yaml", "codec.yaml"])
    shown = capsys.readouterr().out
    assert shown.startswith("breaking on the wire\n  a.x: codec: json → text  (codec.yaml:4:")
    assert shown.endswith("\n2 changes: 2 breaking on the wire.\n")


def test_other_formats(capsys: Capture) -> None:
    main(["diff", "old.yaml", "port.yaml", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["counts"]["endpoint"] == 1
    main(["diff", "old.yaml", "port.yaml", "--format", "markdown"])
    assert capsys.readouterr().out.startswith("### old.yaml → port.yaml\n")


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert main(["diff", "-", "port.yaml"]) == ExitCode.OK
    assert "a.x: bind: tcp://127.0.0.1:5000 → tcp://127.0.0.1:5001" in capsys.readouterr().out
    assert main(["diff", "-", "-"]) == ExitCode.USAGE


def test_a_side_with_errors_is_no_breaking_change(capsys: Capture) -> None:
    assert main(["diff", "old.yaml", "wrong.yaml"]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error[ZMQ05" in shown.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--class", "bnd=wire"], "there is no kind of change 'bnd'\nhelp: did you mean bind?"),
        (["--class", "bind=loud"], "there is no class 'loud'\nhelp: write wire, endpoint, process, cosmetic"),
        (["--class", "bind"], "there is no class ''"),
    ],
)
def test_overrides_that_are_none(words: list[str], told: str, capsys: Capture) -> None:
    assert main(["diff", "old.yaml", "same.yaml", *words]) == ExitCode.USAGE
    assert told in capsys.readouterr().err


def test_settings_hold_and_the_command_line_is_stronger(capsys: Capture) -> None:
    Path("orchestrator.toml").write_text('[diff]\nfail-on = "endpoint"\nclasses = {bind = "wire"}\n')
    assert main(["diff", "old.yaml", "port.yaml"]) == ExitCode.FINDINGS
    assert "breaking on the wire" in capsys.readouterr().out
    assert main(["diff", "old.yaml", "port.yaml", "--class", "bind=cosmetic"]) == ExitCode.OK
    assert main(["diff", "old.yaml", "port.yaml", "--fail-on", "never"]) == ExitCode.OK


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("diff = 1", "orchestrator.toml:1:1: `diff` must be a table"),
        ("[diff]\nfailon = 1", "orchestrator.toml:2:1: there is no setting `diff.failon`"),
        ("[diff]\nfail-on = 'loud'", "there is no class 'loud'"),
        ("[diff]\nfail-on = 1", "`fail-on` can't be 1"),
        ("[diff]\nclasses = {bnd = 'wire'}", "there is no kind of change 'bnd'"),
        ("[diff]\nclasses = ['bind']", "`classes` must be a table"),
    ],
)
def test_mistakes_in_settings(settings: str, told: str, capsys: Capture) -> None:
    Path("orchestrator.toml").write_text(settings)
    assert main(["diff", "old.yaml", "same.yaml"]) == ExitCode.USAGE
    assert told in capsys.readouterr().err


def test_secrets_are_not_told(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter2")
    Path("new.yaml").write_text(TEXT.replace("${MY_TOKEN:-none}", "hunter3"))
    main(["diff", "old.yaml", "new.yaml", "--format", "json"])
    shown = capsys.readouterr().out
    assert "env.TOKEN: changed" in shown
    assert "hunter" not in shown
