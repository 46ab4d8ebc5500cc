"""The pages of the documentation, taken apart: fenced blocks, with the HTML comment that stands before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "topologies").glob("*.md")])

_PART = re.compile(
    r"^<!-- (?P<mark>.*?) -->\n(?:(?=\n)|(?=```))|^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block. `mark` is the comment right before it; one that has no block stands with empty text."""

    mark: str
    language: str
    text: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    """Every block of a page, in order."""
    mark, at = "", 0
    for part in _PART.finditer(text):
        line = text.count("\n", 0, part.start()) + 1
        if part["mark"] is not None:
            if mark:
                yield Block(mark, "", "", at)
            mark, at = part["mark"], line
        else:
            yield Block(mark, part["language"], part["text"], line)
            mark = ""
    if mark:
        yield Block(mark, "", "", at)


def name(page: Path) -> str:
    """The page as its own links would call it from the top."""
    return str(page.relative_to(ROOT))
