"""What can be wrong with an expression or a message."""

from __future__ import annotations


class ExpressionError(Exception):
    """A mistake in text[start:end]: the fact, and what to do about it. Counted in code points from 0."""

    def __init__(self, fact: str, remedy: str | None, start: int, end: int) -> None:
        super().__init__(fact)
        self.fact = fact
        self.remedy = remedy
        self.start = start
        self.end = end
