"""`orchestrator import` as a user types it: what goes where, and with which exit code."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator.cli import main
from orchestrator.errors import ExitCode

Capture = pytest.CaptureFixture[str]
PROCFILE = "web: python web.py\n"
TEXT = """\
# Imported from Procfile (Procfile) by `orchestrator import`.
# What the source does not tell, or has no counterpart here, stands in comments.
# Foreman and honcho end everything when one process ends; here it is started again when it fails,
# and everything ends when that does not help.

version: 1
name: app

nodes:
  web:
    command: [python, web.py]
    # sockets: # its ZeroMQ sockets, if it has any
    #   NAME: {type: …, bind: tcp://127.0.0.1:…}
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "app"
    directory.mkdir()
    (directory / "Procfile").write_text(PROCFILE)
    monkeypatch.chdir(directory)
    return directory


def test_without_a_file_it_goes_to_standard_output(app: Path, capsys: Capture) -> None:
    assert main(["import", "Procfile"]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert out == TEXT
    assert err == "1 node, nothing to be filled in\n"
    assert [path.name for path in app.iterdir()] == ["Procfile"]


def test_with_a_file_standard_output_stays_empty(app: Path, capsys: Capture) -> None:
    assert main(["import", "Procfile", "-o", "topology.yaml"]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "topology.yaml: 1 node, nothing to be filled in\n"
    assert (app / "topology.yaml").read_text() == TEXT


def test_quiet_tells_nothing(app: Path, capsys: Capture) -> None:
    assert main(["import", "Procfile", "-q"]) == ExitCode.OK
    assert capsys.readouterr().err == ""


def test_a_file_that_is_there_stays_as_it_is_without_force(app: Path, capsys: Capture) -> None:
    (app / "topology.yaml").write_text("mine")
    assert main(["import", "Procfile", "-o", "topology.yaml"]) == ExitCode.USAGE
    assert "topology.yaml is there already; nothing was written" in capsys.readouterr().err
    assert (app / "topology.yaml").read_text() == "mine"
    assert main(["import", "Procfile", "-o", "topology.yaml", "--force"]) == ExitCode.OK
    assert (app / "topology.yaml").read_text() == TEXT


def test_a_source_that_is_wrong_leaves_the_old_file_alone_even_with_force(app: Path, capsys: Capture) -> None:
    (app / "topology.yaml").write_text("mine")
    (app / "Procfile").write_text("nonsense\n")
    assert main(["import", "Procfile", "-o", "topology.yaml", "--force"]) == ExitCode.FINDINGS
    assert capsys.readouterr().err == (
        "error: Procfile:1: this line describes no process\n"
        "help: write `name: command`, the name of A-Z a-z 0-9 _ -\n"
    )
    assert (app / "topology.yaml").read_text() == "mine"


def test_a_dangling_link_is_there_too(app: Path) -> None:
    (app / "topology.yaml").symlink_to("/nowhere/at/all")
    assert main(["import", "Procfile", "-o", "topology.yaml"]) == ExitCode.USAGE


@pytest.mark.parametrize("output", ["Procfile", "./Procfile", "link"])
def test_the_source_is_never_replaced(output: str, app: Path, capsys: Capture) -> None:
    (app / "link").symlink_to("Procfile")
    assert main(["import", "Procfile", "-o", output, "--force"]) == ExitCode.USAGE
    assert f"{output} is the source itself" in capsys.readouterr().err
    assert (app / "Procfile").read_text() == PROCFILE


def test_a_pipe_of_the_shell_stands_in_the_current_directory(app: Path, capsys: Capture) -> None:
    os.mkfifo(app / "pipe")
    writer = threading.Thread(target=(app / "pipe").write_text, args=(PROCFILE,))
    writer.start()
    assert main(["import", str(app / "pipe"), "-o", "topology.yaml"]) == ExitCode.OK
    writer.join()
    assert "cwd" not in (app / "topology.yaml").read_text()


def test_paths_are_seen_from_the_new_file(app: Path) -> None:
    (app / ".env").write_text("A=1\n")
    (app / "run").mkdir()
    assert main(["import", "Procfile", "-o", "run/topology.yaml"]) == ExitCode.OK
    text = (app / "run" / "topology.yaml").read_text()
    assert "  env_file: ../.env\n" in text
    assert "  cwd: ..\n" in text


def test_the_schema_beside_it_is_named(app: Path, capsys: Capture) -> None:
    (app / "topology.schema.json").write_text("{}")
    assert main(["import", "Procfile"]) == ExitCode.OK
    assert capsys.readouterr().out.startswith("# yaml-language-server: $schema=topology.schema.json\n")


def test_what_docker_compose_reads_beside_its_file_is_told(app: Path, capsys: Capture) -> None:
    (app / "compose.yaml").write_text("services: {a: {command: x $A}}\n")
    (app / "compose.override.yml").write_text("services: {a: {command: y}}\n")
    (app / ".env").write_text("A=1\n")
    assert main(["import", "compose.yaml"]) == ExitCode.OK
    merged = "docker compose merges compose.override.yml into it, which is not read here: import what"
    assert capsys.readouterr().err == (
        f"compose.yaml: {merged} `docker compose config` writes.\n1 node, nothing to be filled in\n"
    )
    (app / "run").mkdir()
    assert main(["import", "compose.yaml", "-o", "run/topology.yaml"]) == ExitCode.OK
    assert (
        "compose.yaml: Its variables may come from ../.env; here, from a `.env` beside the topology.\n"
        in (capsys.readouterr().err)
    )
    assert "# Its variables may come from ../.env" in (app / "run/topology.yaml").read_text()


def test_standard_input_is_read(app: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(PROCFILE.encode())))
    assert main(["import", "-"]) == ExitCode.OK
    assert capsys.readouterr().out == TEXT.replace("from Procfile", "from <stdin>")


def test_the_name_can_be_given(app: Path, capsys: Capture) -> None:
    assert main(["import", "Procfile", "--name", "market"]) == ExitCode.OK
    assert "\nname: market\n" in capsys.readouterr().out
    assert main(["import", "Procfile", "--name", "My Market"]) == ExitCode.USAGE


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "name one source: a FILE, or --from-pids PID …"),
        (["Procfile", "--from-pids", "1"], "name one source"),
        (["Procfile", "--probe"], "--probe asks running processes"),
        (["--from", "compose", "--from-pids", "1"], "--from says what FILE is"),
        (["--from-pids", "x"], "'x' is no number of a process"),
        (["--from-pids", "-1"], "error"),
        (["--from-pids", "0"], "'0' is no number of a process"),
        (["--from-pids", "99999999999999999999"], "is no number of a process"),
        (["--from-pids"], "expected at least one argument"),
        (["--from", "helm", "Procfile"], "invalid choice: 'helm'"),
    ],
)
def test_wrong_usage(words: list[str], says: str, app: Path, capsys: Capture) -> None:
    assert main(["import", *words]) == ExitCode.USAGE
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("gone.yaml", "there is no file `gone.yaml`"),
        (".", ". is a directory\nhelp: name the file in it: compose.yaml, Procfile, …"),
        ("binary", "`binary` is no text file"),
        ("latin1", "latin1:1:4: `latin1` is not UTF-8: byte 0xE9 does not belong here"),
    ],
)
def test_files_that_cannot_be_read(file: str, says: str, app: Path, capsys: Capture) -> None:
    (app / "binary").write_bytes(b"\x7fELF\0\xff\0")
    (app / "latin1").write_bytes(b"a: \xe9")
    assert main(["import", file]) == ExitCode.FINDINGS
    out, err = capsys.readouterr()
    assert says in err
    assert out == ""


@pytest.mark.parametrize("output", ["gone/topology.yaml", "Procfile/x"])
def test_where_nothing_can_be_written(output: str, app: Path, capsys: Capture) -> None:
    assert main(["import", "Procfile", "-o", output]) == ExitCode.FINDINGS
    assert f"{output} can't be written" in capsys.readouterr().err


def test_what_a_terminal_would_obey_is_made_harmless(app: Path, capsys: Capture) -> None:
    (app / "compose.yaml").write_text(
        'services: {"a\\u001b[31m": {image: "x\\u001b]0;y\\u0007", command: z}}'
    )
    assert main(["import", "compose.yaml"]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert "\x07" not in out + err


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at on Linux")
class TestProcesses:
    def test_this_one(self, capsys: Capture) -> None:
        assert main(["import", "--from-pids", str(os.getpid())]) == ExitCode.OK
        assert f"# Process {os.getpid()}." in capsys.readouterr().out

    def test_one_that_is_not_there(self, capsys: Capture) -> None:
        assert main(["import", "--from-pids", str((1 << 31) - 1)]) == ExitCode.FINDINGS
        assert "there is no process 2147483647" in capsys.readouterr().err
