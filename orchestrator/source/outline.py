"""The names in a topology file, read fast and forgivingly: for a shell that completes them while one types.

Reads no schema, reports nothing and never fails. A file that is broken gives the names before the break, and
those that its lines show after it. Knows the few keys under which names stand.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

_LOADER: Final[Any] = getattr(yaml, "CLoader", yaml.Loader)
_LARGEST: Final = 8_000_000
"""Bytes. No topology is that large, and nobody waits that long for a key press."""
_MOST_REPLICAS: Final = 10_000
_FILES: Final = 50
"""How many included files are followed."""

_DEEPEST: Final = 4
"""`nodes.NAME.labels.KEY`."""
_ITEM: Final = ""
_NO_NAME: Final = "\0"
"""In place of a key that is no scalar, or that an alias stands for."""

_SECTION: Final = re.compile(r"^[\"']?(nodes|endpoints)[\"']?[ \t]*:[ \t]*(?:#.*)?$")
_KEY: Final = re.compile(r"^([ \t]+)([\"']?)([^\s\"'#\[\]{},&*!|>%@`-][^\"'#]*?)\2[ \t]*:(?:[ \t]|$)")
_REPLICAS: Final = re.compile(r"(?:^|[\s{,])replicas[ \t]*:[ \t]*(\d+)")

Path = tuple[str, ...]


@dataclass(slots=True)
class NodeOutline:
    """What is known of a node by reading alone."""

    replicas: int | None = None
    """None: not written."""
    process: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    profiles: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)

    def instances(self, name: str) -> tuple[str, ...]:
        """The names of its replicas; none where no number is written, and the node is its only instance."""
        return () if self.replicas is None else tuple(f"{name}-{index}" for index in range(self.replicas))


@dataclass(slots=True)
class Outline:
    """The names in a file and in the files that it includes, in their order."""

    nodes: dict[str, NodeOutline] = field(default_factory=dict)
    endpoints: list[str] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)


def outline(file: str) -> Outline:
    """The names in `file`. Empty where it can't be read or holds none."""
    found, todo, seen = Outline(), [file], set[str]()
    while todo and len(seen) < _FILES:
        one = todo.pop(0)
        if os.path.realpath(one) in seen:
            continue
        seen.add(os.path.realpath(one))
        found.includes = []
        _read(_text(one), found)
        todo += [os.path.join(os.path.dirname(one), name) for name in found.includes]  # noqa: PTH118, PTH120
    return found


def _text(file: str) -> str:
    try:
        # a pipe or a device would be waited for
        if not os.path.isfile(file) or os.path.getsize(file) > _LARGEST:  # noqa: PTH113, PTH202
            return ""
        with open(file, "rb") as stream:  # noqa: PTH123 - pathlib costs a tenth of the time there is
            return stream.read().decode("utf-8-sig", "replace")
    except (OSError, ValueError):
        return ""


def _read(text: str, found: Outline) -> None:
    try:
        for path, value in _scalars(text):
            _take(path, value, found)
    except (yaml.YAMLError, ValueError):
        _scan(text, found)


def _scalars(text: str) -> Iterator[tuple[Path, str | None]]:
    """Every key (without a value) and every plain value in the first four levels, with the keys above it.

    Items of a list stand under an empty key. Raises yaml.YAMLError at the place where the text breaks.
    """
    stack: list[list[str | None]] = []  # one [key or None] for each open mapping, [_ITEM] for each open list
    closing_key: list[bool] = []  # whether what is open is itself a key of what is around it
    for event in yaml.parse(text, Loader=_LOADER):
        is_key = bool(stack) and stack[-1][0] is None
        if isinstance(event, yaml.ScalarEvent):
            if is_key:
                stack[-1][0] = event.value
            if len(stack) <= _DEEPEST:
                yield tuple(frame[0] or "" for frame in stack), None if is_key else event.value
        elif isinstance(event, yaml.CollectionStartEvent):
            if is_key:
                stack[-1][0] = _NO_NAME
            closing_key.append(is_key)
            stack.append([None] if isinstance(event, yaml.MappingStartEvent) else [_ITEM])
            continue
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
            is_key = closing_key.pop()
        elif isinstance(event, yaml.AliasEvent):
            if is_key:
                stack[-1][0] = _NO_NAME
        else:
            continue
        if stack and not is_key and stack[-1][0] != _ITEM:
            stack[-1][0] = None  # a value has ended: the next scalar of this mapping is a key


def _take(path: Path, value: str | None, found: Outline) -> None:
    match path:
        case ("nodes", name) if value is None:
            found.nodes.setdefault(name, NodeOutline())
        case ("nodes", name, "sockets", socket) if value is None and name in found.nodes:
            found.nodes[name].sockets.append(socket)
        case ("nodes", name, *rest) if value is not None and name in found.nodes:
            _take_of_node(tuple(rest), value, found.nodes[name])
        case ("endpoints", name) if value is None and name not in found.endpoints:
            found.endpoints.append(name)
        case ("include", "") | ("include",) if value is not None:
            found.includes.append(value)


def _take_of_node(path: Path, value: str, node: NodeOutline) -> None:
    match path:
        case ("replicas",) if value.isdecimal():
            node.replicas = _number(value)
        case ("process",):
            node.process = value
        case ("labels", key) if key:
            node.labels[key] = value
        case ("profiles", ""):
            node.profiles.append(value)


def _number(digits: str) -> int:
    return min(int(digits[:6]), _MOST_REPLICAS)


def _scan(text: str, found: Outline) -> None:
    """Add the names that the lines show where no parser reads: keys that are indented alike below `nodes`."""
    section, indent, node = "", "", ""
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if not line[0].isspace():
            hit = _SECTION.match(line)
            section, indent = (hit[1] if hit else ""), ""
            continue
        key = _KEY.match(line) if section else None
        if key is not None and (not indent or key[1] == indent):
            indent, node = key[1], key[3]
            if section == "nodes":
                found.nodes.setdefault(node, NodeOutline())
            elif node not in found.endpoints:
                found.endpoints.append(node)
        replicas = _REPLICAS.search(line) if section == "nodes" and node in found.nodes else None
        if replicas is not None:
            found.nodes[node].replicas = _number(replicas[1])
