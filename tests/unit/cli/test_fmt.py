"""`orchestrator fmt`."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from orchestrator.cli import main
from orchestrator.errors import ExitCode

Capture = pytest.CaptureFixture[str]
UGLY = "name:   a # the name\nversion: 1\nnodes: {}\n"
NEAT = "version: 1\nname: a # the name\nnodes: {}\n"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ugly.yaml").write_text(UGLY)
    Path("neat.yaml").write_text(NEAT)


def test_a_file_is_rewritten_once(capsys: Capture) -> None:
    Path("ugly.yaml").chmod(0o600)
    assert main(["fmt", "ugly.yaml", "neat.yaml"]) == ExitCode.OK
    assert capsys.readouterr().err == "reformatted ugly.yaml\n1 file reformatted, 1 left as it is\n"
    assert Path("ugly.yaml").read_text() == NEAT
    assert stat.S_IMODE(Path("ugly.yaml").stat().st_mode) == 0o600
    assert main(["fmt", "."]) == ExitCode.OK
    assert capsys.readouterr().err == "0 files reformatted, 2 left as they are\n"


def test_check_writes_nothing(capsys: Capture) -> None:
    assert main(["fmt", "--check", "ugly.yaml", "neat.yaml"]) == ExitCode.FINDINGS
    assert "would reformat ugly.yaml\n1 file would be reformatted" in capsys.readouterr().err
    assert Path("ugly.yaml").read_text() == UGLY
    assert main(["fmt", "--check", "-q", "neat.yaml"]) == ExitCode.OK
    assert capsys.readouterr().err == ""


def test_diff_shows_and_writes_nothing(capsys: Capture) -> None:
    assert main(["fmt", "--diff", "-q", "ugly.yaml"]) == ExitCode.FINDINGS
    shown = capsys.readouterr().out
    assert shown.startswith("--- ugly.yaml\n+++ ugly.yaml\n@@ ")
    assert "+name: a # the name\n" in shown
    assert Path("ugly.yaml").read_text() == UGLY
    assert main(["fmt", "--diff", "neat.yaml"]) == ExitCode.OK
    main(["fmt", "--diff", "ugly.yaml", "--color", "always"])
    assert "\x1b[32m+name: a # the name\x1b[0m\n" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "made"), [(UGLY, NEAT), (NEAT, NEAT), ("a: [\n", "a: [\n")])
def test_standard_input(text: str, made: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    code = main(["fmt", "-"])
    shown = capsys.readouterr()
    assert shown.out == made
    assert (code, bool(shown.err)) == ((1, True) if "[" in text else (0, False))


def test_one_bad_file_holds_no_other_back(capsys: Capture) -> None:
    Path("bad.yaml").write_text("a: [\n")
    Path("odd.yaml").write_text("? a\n: b\n")
    assert main(["fmt", "bad.yaml", "odd.yaml", "gone.yaml", "ugly.yaml"]) == ExitCode.FINDINGS
    shown = capsys.readouterr().err
    assert "error[ZMQ003]" in shown
    assert "error: odd.yaml:1:1: a key that is no plain name\nhelp: the file stays as it is\n" in shown
    assert "there is no file `gone.yaml`" in shown
    assert shown.endswith("reformatted ugly.yaml\n1 file reformatted, 0 left as they are\n")
    assert Path("ugly.yaml").read_text() == NEAT


def test_line_ends_and_byte_order_mark_stay() -> None:
    Path("w.yaml").write_bytes(b"\xef\xbb\xbf" + UGLY.replace("\n", "\r\n").encode())
    assert main(["fmt", "w.yaml"]) == ExitCode.OK
    assert Path("w.yaml").read_bytes() == b"\xef\xbb\xbf" + NEAT.replace("\n", "\r\n").encode()


def test_what_init_writes_is_well_laid_out(capsys: Capture) -> None:
    main(["init", "market"])
    assert main(["fmt", "--check", "market/topology.yaml"]) == ExitCode.OK, capsys.readouterr()
