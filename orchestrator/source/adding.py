"""A further entry in a section of a topology's text, behind the last one, indented as its neighbours are."""

from __future__ import annotations

from typing import Any, Final

import yaml
from yaml.nodes import MappingNode

from orchestrator.source.tree import Tree

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def with_entry(text: str, section: str, entry: str) -> str | None:
    """The text with `entry` (lines of YAML without indent) at the end of the top-level mapping `section`.

    The section is made where it is missing.

    None where there is no way to tell where it belongs: the file is no block mapping, or the section is
    written with braces, empty, or stands elsewhere by an alias.
    """
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:
        return None
    if not isinstance(root, MappingNode) or root.flow_style:
        return None
    tree = Tree("", text, root)
    there = tree.entries(root).get(section)
    if there is None:
        return _ended(text) + f"{section}:\n" + _indented(entry, 2)
    key, value = there
    written_here = value.start_mark.index > key.start_mark.index
    if not isinstance(value, MappingNode) or value.flow_style or not value.value or not written_here:
        return None
    lines = text.splitlines(keepends=True)
    end = tree.span(value).end_line
    # between entries that have blank lines around them, this one has one as well
    first_end, second = _gap(tree, value)
    blank = "\n" if second > first_end + 1 else ""
    before = _ended("".join(lines[:end]))
    return before + blank + _indented(entry, value.value[0][0].start_mark.column) + "".join(lines[end:])


def _gap(tree: Tree, value: MappingNode) -> tuple[int, int]:
    """The line at which the first entry ends, and that at which the second begins."""
    if len(value.value) < 2:
        return 0, 0
    return tree.span(value.value[0][1]).end_line, tree.span(value.value[1][0]).line


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _indented(entry: str, width: int) -> str:
    return "".join(" " * width + line for line in entry.splitlines(keepends=True))
