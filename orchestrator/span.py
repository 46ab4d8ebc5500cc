"""Places in the user's files. Knows nothing of what stands there."""

from __future__ import annotations

from dataclasses import dataclass


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


NOWHERE = Span("<python>", 1, 1, 1, 1)
"""The place of a value that was built in code and stands in no file."""
