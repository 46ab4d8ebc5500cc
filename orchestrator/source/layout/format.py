"""The way from a text to the same text laid out well."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from orchestrator.source.layout.comments import Attacher, find_all
from orchestrator.source.layout.proof import says_the_same
from orchestrator.source.layout.read import LOADER, LayoutError, read_value
from orchestrator.source.layout.tree import Collection, Comment
from orchestrator.source.layout.write import Order, Writer
from orchestrator.vocabulary import Path

__all__ = ["LayoutError", "format_text"]


def format_text(text: str, order: Order) -> str:
    """The text laid out: the same values, the same comments, in the order that `order` says.

    `text` must be YAML. Doing it twice changes nothing more. Raises LayoutError where something in the text
    can't be laid out without changing what it says.
    """
    windows = "\r\n" in text
    unix = text.replace("\r\n", "\n") if windows else text
    if "\r" in unix:
        raise LayoutError("a carriage return that ends no line", unix[: unix.index("\r")].count("\n") + 1)
    made = _formatted(unix, order)
    return made.replace("\n", "\r\n") if windows else made


def _formatted(text: str, order: Order) -> str:
    for attempt in (order, _as_it_is):
        made = _laid_out(text, attempt)
        for whole in (made, made.removesuffix("\n")):  # a `|` without a line's end behind it has none
            try:
                if says_the_same(text, whole):
                    return whole
            except (yaml.YAMLError, LayoutError):
                break  # an alias in front of its anchor, when keys are put in order
    raise LayoutError("something that can't be laid out without changing its meaning", 1)


def _as_it_is(_: Path) -> Sequence[str] | None:
    return None


def _laid_out(text: str, order: Order) -> str:
    root = read_value(text)
    if not isinstance(root, Collection) or not root.is_block:
        return text  # empty, one value, or one `{…}`: nothing to lay out
    lines = text.split("\n")
    begin, end = _bounds(text, root, len(lines))
    comments = [comment for comment in find_all(text) if begin <= comment.line < end]
    head = _head(comments, lines, root.entries[0].line)
    writer = Writer(text, order)
    writer.lines = [line.rstrip() for line in lines[:begin]]
    _copy(writer, comments[:head], lines)
    Attacher(root).attach(comments[head:])
    if writer.lines and head:
        writer.lines.append("")
    writer.root(root)
    tail = [line.rstrip() for line in lines[end:]]
    while tail and not tail[-1]:
        tail.pop()
    return "\n".join([*writer.lines, *tail]) + "\n"


def _bounds(text: str, root: Collection, count: int) -> tuple[int, int]:
    """The lines between `---` and `...`; what is outside of them is kept as it is."""
    begin, end = 0, count
    for token in yaml.scan(text, Loader=LOADER):
        if isinstance(token, yaml.DocumentStartToken):
            begin = token.start_mark.line + 1
            if root.line < begin:
                raise LayoutError("a value on the line of `---`", begin)
        elif isinstance(token, yaml.DocumentEndToken):
            end = token.start_mark.line
    return begin, end


def _head(comments: list[Comment], lines: list[str], first: int) -> int:
    """How many comments are about the whole file: those above a blank line above the first key."""
    above = [comment for comment in comments if comment.line < first]
    for index in range(len(above), 0, -1):
        following = above[index].line if index < len(above) else first
        if not lines[following - 1].strip():
            return index
    return 0


def _copy(writer: Writer, comments: list[Comment], lines: list[str]) -> None:
    for comment in comments:
        if writer.lines and not lines[comment.line - 1].strip() and writer.lines[-1]:
            writer.lines.append("")
        writer.lines.append(comment.text)
