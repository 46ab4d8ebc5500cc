"""Places as YAML's parser counts them."""

from __future__ import annotations

from orchestrator.span import split_lines

__all__ = ["position", "split_lines"]


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column of text[index], both from 1."""
    before = split_lines(text[:index])
    return len(before), len(before[-1]) + 1
