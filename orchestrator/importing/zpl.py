"""ZPL, the ZeroMQ Property Language (RFC 4): names and values by indentation, four blanks per level.

All values are texts. A name that stands twice is a list. A property has a value or properties below it.
"""

from __future__ import annotations

import re
from typing import Final

from orchestrator.importing.errors import SourceError
from orchestrator.source.foreign import Foreign

_LINE: Final = re.compile(r"\r\n|\n\r|\n|\r")
"""RFC 4 writes "carriage-return followed by newline (%x0A %x0D)", so both orders are taken for one end."""
_NAME: Final = re.compile(r"[A-Za-z0-9$\-_@.&+/]+")
_STEP: Final = 4
_DEEPEST: Final = 100


def read_zpl(text: str, file: str) -> Foreign:
    """The properties of a ZPL text as nested mappings. Raises SourceError for what is none."""
    root: dict[str, Foreign] = {}
    open_: list[dict[str, Foreign] | None] = [root]
    """The mapping of each level; None below a property that has a value."""
    for number, line in enumerate(_LINE.split(text), 1):
        bare = line.lstrip(" ")
        if not bare.strip() or bare.lstrip().startswith("#"):
            continue
        if bare[0].isspace():
            raise SourceError(file, number, "this line is indented with a tab", "ZPL is indented with blanks")
        depth = _depth(len(line) - len(bare), len(open_), number, file)
        del open_[depth + 1 :]
        parent = open_[depth]
        if parent is None:
            raise SourceError(
                file,
                number,
                "this stands below a property that has a value",
                "take the value away, or indent this line less",
            )
        name, value = _property(bare, number, file)
        place = (number, len(line) - len(bare) + 1)
        open_.append(_add(parent, name, value, place, file))
    return Foreign(root, 1, 1)


def _depth(blanks: int, levels: int, number: int, file: str) -> int:
    depth, rest = divmod(blanks, _STEP)
    if rest:
        raise SourceError(
            file,
            number,
            f"this line is indented by {blanks} blanks",
            "ZPL indents by four per level (RFC 4): make it a multiple of four",
        )
    if depth >= levels:
        raise SourceError(
            file, number, "this line is indented deeper than one level below the one before", "indent it less"
        )
    if depth > _DEEPEST:
        raise SourceError(file, number, f"nested more than {_DEEPEST} levels deep", "indent it less")
    return depth


def _property(bare: str, number: int, file: str) -> tuple[str, str | None]:
    """A line's name, and its value if it has one."""
    found = _NAME.match(bare)
    if found is None:
        raise SourceError(
            file, number, f"no name can start with `{bare[0]}`", "write `name = value`, or `name` alone"
        )
    rest = bare[found.end() :].lstrip()
    if rest.startswith("="):
        return found.group(), _value(rest[1:].strip())
    if rest and not rest.startswith("#"):
        raise SourceError(
            file, number, f"`=` is expected behind `{found.group()}`", "write `name = value`, or `name` alone"
        )
    return found.group(), None


def _value(text: str) -> str:
    """A value without its quotes or its comment.

    One that starts with a quote and ends with none is a value without quotes.
    """
    if text[:1] in ("'", '"'):
        inner, quote, rest = text[1:].partition(text[0])
        if quote and (not rest.strip() or rest.lstrip().startswith("#")):
            return inner
    return text.partition("#")[0].rstrip()


def _add(
    parent: dict[str, Foreign], name: str, value: str | None, place: tuple[int, int], file: str
) -> dict[str, Foreign] | None:
    """Put the property into `parent`. Returns the mapping for what stands below it, if anything may."""
    children: dict[str, Foreign] | None = {} if value is None else None
    new = Foreign(children if value is None else value, *place, file, place[0])
    before = parent.get(name)
    if before is None:
        parent[name] = new
    elif value is None or isinstance(before.data, dict):
        raise SourceError(
            file, place[0], f"`{name}` stands in line {before.line} already", "put both under one name"
        )
    elif isinstance(before.data, list):
        before.data.append(new)
    else:
        parent[name] = Foreign([before, new], before.line, before.column, file, before.line)
    return children
