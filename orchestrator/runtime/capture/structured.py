"""What a line of JSON, as structured loggers write them, tells of itself: its level and its trace."""

from __future__ import annotations

import json
from typing import Any, Final

from orchestrator.runtime.capture.levels import of_number, of_word

_LEVEL_KEYS: Final = (
    "level", "levelname", "severity", "lvl", "log.level", "loglevel", "severity_text", "severityText", "@l",
)  # fmt: skip
_TRACE_KEYS: Final = (
    "trace_id", "traceId", "traceid", "traceID", "trace.id", "otelTraceID", "dd.trace_id", "@tr",
)  # fmt: skip
_MARKS: Final = (b"everity", b'"lvl"', b'elname"', b'"@l"', b'"@tr"', b"race")
"""One of these, or `evel"`, is in every line that tells a level or a trace; others need not be parsed."""
_WHITESPACE: Final = " \t\n\r"
_decode: Final = json.JSONDecoder().raw_decode
"""What json.loads calls in the end, in half of its time."""
_MAX_TRACE: Final = 128


def of_line(line: bytes) -> tuple[str | None, str | None]:
    """Level and trace id of one line that begins with `{`; None where it is no JSON or tells none."""
    if b'evel"' not in line and not any(mark in line for mark in _MARKS):
        return None, None
    try:
        text = line.decode()
        found, end = _decode(text)
    except (ValueError, RecursionError):
        return None, None
    if end != len(text) and text[end:].strip(_WHITESPACE):
        return None, None
    return _level(found), _trace(found) if b"race" in line or b'"@tr"' in line else None


def _level(found: dict[str, Any]) -> str | None:
    for key in _LEVEL_KEYS:
        value = found.get(key)
        if isinstance(value, str):
            return of_word(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return of_number(value)
    log = found.get("log")
    nested = log.get("level") if isinstance(log, dict) else None
    return of_word(nested) if isinstance(nested, str) else None


def _trace(found: dict[str, Any]) -> str | None:
    for key in _TRACE_KEYS:
        value = found.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)[:_MAX_TRACE]
    return None
