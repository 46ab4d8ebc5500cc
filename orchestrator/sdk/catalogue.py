"""Nodes that installed packages offer by name (`use: NAME`): the entry point group `orchestrator.nodes`.

An entry point names a mapping from node names to a NodeInfo, or to anything a NodeInfo's `target` may name.
Reading the catalogue imports no node: a NodeInfo is data, which the checker reads as well.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from orchestrator.sdk.errors import TargetError
from orchestrator.sdk.resolve import resolve
from orchestrator.vocabulary import JsonValue, SocketType

GROUP = "orchestrator.nodes"

__all__ = ["GROUP", "NodeInfo", "SocketInfo", "SocketType", "catalogue", "find_node"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketInfo:
    """A socket that a stock node needs, or may have."""

    types: tuple[SocketType, ...]
    """The types it works with."""
    required: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInfo:
    """A stock node, described without importing it."""

    name: str
    target: str
    """`module:qualname` of its Node class."""
    summary: str
    sockets: Mapping[str, SocketInfo]
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    """A JSON Schema (draft-07) of the params: an object with `properties`."""


def catalogue() -> dict[str, NodeInfo]:
    """All registered nodes by name. A package whose entry point cannot be loaded raises TargetError."""
    found: dict[str, NodeInfo] = {}
    for entry in registered():
        for name, info in _load(entry).items():
            found.setdefault(name, info)
    return found


@cache
def registered() -> tuple[EntryPoint, ...]:
    """The entry points of the group, looked up once: it means reading every installed package's metadata."""
    return tuple(entry_points(group=GROUP))


def find_node(name: str) -> object:
    """The class of a registered node. Raises TargetError with the nearest name."""
    nodes = catalogue()
    info = nodes.get(name)
    if info is None:
        near = difflib.get_close_matches(name, nodes, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(nodes)) or 'none'}"
        raise TargetError(f"no package offers a node named {name!r}", hint)
    return resolve(info.target)


def _load(entry: EntryPoint) -> Mapping[str, NodeInfo]:
    try:
        loaded = entry.load()
    except (ImportError, AttributeError) as error:
        raise TargetError(f"entry point {entry.name} = {entry.value}: {error}", cause=error) from error
    if not isinstance(loaded, Mapping) or not all(isinstance(v, NodeInfo) for v in loaded.values()):
        raise TargetError(f"entry point {entry.name} = {entry.value} is no mapping of names to NodeInfo")
    return loaded
