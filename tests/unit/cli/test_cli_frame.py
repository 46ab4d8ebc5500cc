"""The frame of the command line: help, usage, exit codes, and what an error looks like."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli import main
from orchestrator.cli.verbs import VERBS, module_of
from orchestrator.errors import ExitCode, OrchestratorError, PlatformError, RunError

Capture = pytest.CaptureFixture[str]


def test_help_names_every_verb(capsys: Capture) -> None:
    assert main(["--help"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert all(f"\n  {verb}" in shown for verb in VERBS)
    assert "example:" in shown


def test_no_verb_is_a_question_of_usage(capsys: Capture) -> None:
    assert main([]) == ExitCode.USAGE
    assert "usage: orchestrator VERB" in capsys.readouterr().out


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_each_verb_fits_a_screen_and_shows_an_example(verb: str, capsys: Capture) -> None:
    assert main([verb, "--help"]) == ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "example:" in lines
    assert any(line.startswith(f"  orchestrator {verb}") for line in lines)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_keeps_the_contract(verb: str) -> None:
    module = module_of(verb)
    assert module.__doc__.startswith(f"`orchestrator {verb}`")
    assert module.HELP.endswith(".")
    assert callable(module.add_arguments)
    assert callable(module.run)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("validte", "did you mean `validate`?"), ("frobnicate", "the verbs are validate, up")],
)
def test_a_verb_that_does_not_exist(typed: str, hint: str, capsys: Capture) -> None:
    assert main([typed]) == ExitCode.USAGE
    assert hint in capsys.readouterr().err


def test_an_unknown_argument_is_usage(capsys: Capture) -> None:
    assert main(["schema", "--nonsense"]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("usage: orchestrator schema")


def test_version(capsys: Capture) -> None:
    assert main(["--version"]) == ExitCode.OK
    assert re.fullmatch(r"orchestrator \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RunError("it broke", "mend it"), 1),
        (PlatformError("not here", "there"), 2),
        (OrchestratorError("it broke", "mend it"), 1),
    ],
)
def test_an_error_is_fact_and_remedy(
    error: OrchestratorError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    _raise_in_schema(monkeypatch, error)
    assert main(["schema"]) == code
    assert capsys.readouterr().err == f"error: {error.message}\nhelp: {error.remedy}\n"


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    _raise_in_schema(monkeypatch, KeyboardInterrupt())
    assert main(["schema"]) == ExitCode.INTERRUPTED


def test_a_fault_of_ours_is_told_in_one_line_and_kept_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    _raise_in_schema(monkeypatch, ZeroDivisionError("oh"))
    assert main(["schema"]) == ExitCode.INTERNAL
    shown = capsys.readouterr().err
    assert "fault of orchestrator itself: ZeroDivisionError: oh" in shown
    assert "Traceback" not in shown
    [kept] = tmp_path.iterdir()
    assert str(kept) in shown
    assert "Traceback" in kept.read_text()


def _raise_in_schema(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def run(_args: object) -> int:
        raise error

    monkeypatch.setattr("orchestrator.cli.schema.run", run)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.parametrize("words", [["schema"], ["--version"], ["explain", "ZMQ101"]])
def test_a_full_disk_behind_standard_output_is_told(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-m", "orchestrator", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stderr == (
        "error: the output can't be written: No space left on device\nhelp: make room where it goes\n"
    )
    assert done.returncode == ExitCode.FINDINGS
