"""The level and the trace that a line tells: the forms of docs/reference/logs.md, and what is none of them."""

from __future__ import annotations

import pytest

from orchestrator.runtime.capture import structured
from orchestrator.runtime.capture.levels import of_line


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("ERROR x", "error"),
        ("[warn] x", "warning"),
        ("2026-11-21 12:00:00,123 - app - INFO - x", "info"),
        ("12:00:00 [error] x", "error"),
        ("Nov 21 12:00:00 host app[7]: WARNING x", "warning"),
        ("error: x", "error"),
        ("warning[E0308]: x", "warning"),
        ("level=warn msg=x", "warning"),
        ('ts=2026-11-21T12:00:00Z severity="error" x', "error"),
        ("E1121 12:00:00.000000 1 main.go:7] x", "error"),
        ("<3>x", "error"),
        ("<6>x", "info"),
        ("INFO:root:x", "info"),
        ("[2026-11-21 12:00:00] [DEBUG] x", "debug"),
        ("2026-11-21T12:00:00Z  WARN app::x: y", "warning"),
        ("NOTICE x", "info"),
        ("FATAL: database is down", "critical"),
        ("VERBOSE x", "trace"),
        ("", None),
        ("an error occurred", None),
        ("Information about INFOrmation", None),
        ("venue XNAS, no level", None),
        ("GET /error 200", None),
        ("<9>x", None),
        ("x" * 300 + " ERROR", None),
    ],
)
def test_levels_are_found_where_loggers_write_them(line: str, level: str | None) -> None:
    assert of_line(line.encode()) == level


@pytest.mark.parametrize(
    ("line", "level", "trace"),
    [
        ('{"level":"warn"}', "warning", None),
        ('{"levelname":"ERROR","trace_id":"4bf9"}', "error", "4bf9"),
        ('{"severity":"INFO","trace.id":"a"}', "info", "a"),
        ('{"level":30}', "info", None),
        ('{"level":50,"dd.trace_id":17}', "error", "17"),
        ('{"lvl":3}', "error", None),
        ('{"log":{"level":"debug"}}', "debug", None),
        ('{"@l":"Warning","@tr":"b"}', "warning", "b"),
        ('{"traceId":"c"} \t', None, "c"),
        ('{"trace_id":""}', None, None),
        ('{"trace_id":true,"traceID":"d"}', None, "d"),
        ('{"level":true}', None, None),
        ('{"level":"loud"}', None, None),
        ('{"text":"level"}', None, None),
        ('{"level":"info"} and more', None, None),
        ('{"level":"info"', None, None),
        ('{"a":' * 5000 + '"level"', None, None),
        ("{" + '"trace_id":"' + "x" * 500 + '"}', None, "x" * 128),
    ],
)
def test_lines_of_json_tell_level_and_trace(line: str, level: str | None, trace: str | None) -> None:
    assert structured.of_line(line.encode()) == (level, trace)


def test_json_that_is_no_text_tells_nothing() -> None:
    assert structured.of_line(b'{"level":"info","x":"\xff"}') == (None, None)
