"""Comments addressed to the checker. YAML's parser drops comments, so they are looked for in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

import yaml

from orchestrator.diagnostics.ignores import Comment
from orchestrator.span import Span, split_lines

_MARK: Final = "orchestrator:"
_COMMENT: Final = re.compile(r"(?:^|(?<=[ \t]))#[ \t]*orchestrator:[ \t]*(.*?)[ \t]*$")


def find_comments(file: str, text: str) -> tuple[Comment, ...]:
    """Every comment `# orchestrator: …` of a YAML text, in order; none where the text is no YAML.

    What only looks like a comment, inside of a block of text or of quotes, is none.
    """
    if _MARK not in text:
        return ()
    lines = split_lines(text)
    hits = [(number, hit) for number, line in enumerate(lines) if (hit := _COMMENT.search(line))]
    scalars = _scalars(text) if hits else None
    if scalars is None:
        return ()
    return tuple(
        _comment(file, lines, number, hit)
        for number, hit in hits
        if not _inside(scalars, number, hit.start())
    )


def _comment(file: str, lines: list[str], number: int, hit: re.Match[str]) -> Comment:
    line = lines[number]
    before = line[: hit.start()].rstrip()
    return Comment(
        span=Span(file, number + 1, hit.start() + 1, number + 1, len(line) + 1),
        text=hit[1],
        column=hit.start(1) + 1,
        line=number + 1 if before else _next(lines, number),
        alone=not before,
        before=len(before) + 1,
    )


def _next(lines: list[str], number: int) -> int | None:
    """The next line, from 1, that holds anything but a comment."""
    for later in range(number + 1, len(lines)):
        words = lines[later].strip()
        if words and not words.startswith("#"):
            return later + 1
    return None


_Place = tuple[int, int]


def _scalars(text: str) -> list[tuple[_Place, _Place]] | None:
    """Start and end of each scalar of several lines or in quotes, in order; None for what is no YAML."""
    found: list[tuple[_Place, _Place]] = []
    try:
        for token in yaml.scan(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if not isinstance(token, yaml.ScalarToken):
                continue
            start, end = token.start_mark, token.end_mark
            if token.style in ("|", ">"):  # its head may have a comment
                found.append(((start.line + 1, 0), (end.line, end.column)))
            elif token.style or start.line != end.line:
                found.append(((start.line, start.column), (end.line, end.column)))
    except yaml.YAMLError:
        return None
    return found


def _inside(scalars: list[tuple[_Place, _Place]], line: int, column: int) -> bool:
    at = bisect_right(scalars, ((line, column), (1 << 60, 0))) - 1
    return at >= 0 and scalars[at][0] <= (line, column) < scalars[at][1]
