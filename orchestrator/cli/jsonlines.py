"""How the reports of a run look to programs: one JSON object per line."""

from __future__ import annotations

import json
import time
from typing import Any

from orchestrator.runtime.records import fields
from orchestrator.runtime.reports import Report

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class JsonPrinter:
    """One line of JSON per report."""

    def text(self, report: Report) -> str:
        return _line(fields(report))

    def interrupted(self, times: int) -> str:
        return _line({"event": "interrupted", "time": time.time(), "times": times})

    def plain(self) -> None:
        """There are none."""


def _line(record: dict[str, Any]) -> str:
    return _encode(record) + "\n"
