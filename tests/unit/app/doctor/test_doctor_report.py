"""How the checks of `doctor` look, to people and to programs."""

from __future__ import annotations

import json

import pytest

from orchestrator.app.doctor import examine
from orchestrator.app.doctor.types import Check, Topic
from orchestrator.cli import main
from orchestrator.cli.doctor import record, text
from orchestrator.errors import ExitCode

CLOCK, LIMITS = Topic(name="clock"), Topic(name="limits")
FINE = (CLOCK.ok("it runs"), LIMITS.note("a container"))
WRONG = (*FINE, LIMITS.warning("little memory", "buy some"), LIMITS.error("no files", "raise it"))

Capture = pytest.CaptureFixture[str]


def test_text_has_a_block_for_each_topic_and_ends_with_the_count() -> None:
    assert text(WRONG, colour=False) == (
        "clock\n"
        "  ok       it runs\n"
        "limits\n"
        "  note     a container\n"
        "  warning  little memory\n"
        "           help: buy some\n"
        "  error    no files\n"
        "           help: raise it\n"
        "\n"
        "1 error, 1 warning\n"
    )
    assert text(FINE, colour=False).endswith("\nnothing is wrong\n")
    assert "\x1b[31merror  \x1b[0m  no files" in text(WRONG, colour=True)


def test_record() -> None:
    found = record(WRONG)
    assert (found["version"], found["counts"]) == (1, {"ok": 1, "note": 1, "warning": 1, "error": 1})
    assert found["checks"][-1] == {  # type: ignore[index]
        "topic": "limits",
        "status": "error",
        "fact": "no files",
        "remedy": "raise it",
        "subject": None,
        "pid": None,
    }


def test_a_check_says_what_it_is_about() -> None:
    checks = (LIMITS.ok("a", "t.yaml"), LIMITS.note("b", subject="x", pid=1), LIMITS.error("c", "d", pid=2))
    assert [(c["subject"], c["pid"]) for c in record(checks)["checks"]] == [  # type: ignore[attr-defined]
        ("t.yaml", None),
        ("x", 1),
        (None, 2),
    ]


@pytest.mark.parametrize(
    ("checks", "code"),
    [(FINE, ExitCode.OK), (WRONG[:3], ExitCode.FINDINGS), (WRONG[3:], ExitCode.FINDINGS)],
)
def test_exit_code(
    checks: tuple[Check, ...], code: int, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(examine, "examine", lambda target, environ, profiles: checks)
    assert main(["doctor", "--format", "json"]) == code
    assert len(json.loads(capsys.readouterr().out)["checks"]) == len(checks)


def test_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch, tmp_path: object, capsys: Capture) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert main(["doctor", "-t", "nobody"]) == ExitCode.USAGE
    assert "no topology 'nobody' runs, and there is no such file" in capsys.readouterr().err
