"""The formats by name. Each is a module beside this one with `render(report)`, imported when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from orchestrator.diagnostics.report import Report

FORMATS: Final[Mapping[str, str]] = {
    "text": "for people: excerpts with carets, both ends of a link, what to do",
    "concise": "one line per finding, as compilers write them",
    "json": "one JSON document, versioned",
    "jsonl": "one JSON object per finding and line",
    "sarif": "SARIF 2.1.0, for code scanning",
    "github": "annotations of GitHub Actions",
    "gitlab": "GitLab's Code Quality report",
    "junit": "JUnit XML, for the test page of most CI systems",
    "rdjson": "reviewdog's diagnostic format",
}
"""Name -> what it is for."""


def render(name: str, report: Report) -> str:
    """The report in one of FORMATS, `text` without colours. Ends with a line end unless it is empty.

    It can be encoded: bytes of a file's name that are not UTF-8 are told as U+FFFD where a format has no
    better way.
    """
    module = import_module(f"orchestrator.diagnostics.{name}")
    text = cast("Callable[[Report], str]", module.render)(report)
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
