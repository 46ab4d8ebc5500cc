"""Places in the user's files. Knows nothing of what stands there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text: half open, lines and columns counted from 1, columns in code points.

    `file` is the path as the user named it, `<stdin>`, or `<python>` for a topology built in code.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Written:
    """A scalar as it stands in the file, escapes resolved, before YAML makes a value of it."""

    text: str
    is_plain: bool
    """Without quotes, and no block of text: YAML decides by its form what it is."""


NOWHERE = Span("<python>", 1, 1, 1, 1)
"""The place of a value that was built in code and stands in no file."""

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""libyaml follows YAML 1.1 here (§5.4): NEL, LS and PS break lines too. `str.splitlines` knows still more."""


def split_lines(text: str) -> list[str]:
    """The lines of a text without their ends; line n of a Span is `split_lines(text)[n - 1]`."""
    return _BREAK.split(text)


def line_bounds(text: str) -> list[tuple[int, int]]:
    """Where each line is: line n is `text[start:end]` with `start, end = line_bounds(text)[n - 1]`."""
    breaks = [found.span() for found in _BREAK.finditer(text)]
    return list(
        zip([0, *(end for _, end in breaks)], [*(start for start, _ in breaks), len(text)], strict=True)
    )
