"""What the rules about values share: every scalar that a user gives to programs, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.model.types import Topology
from orchestrator.rules.context import RuleContext
from orchestrator.span import Written
from orchestrator.vocabulary import JsonValue, Path

_MAX_DEPTH: Final = 100
"""Of parameters; a file cannot hold deeper ones."""


@dataclass(frozen=True, slots=True)
class Given:
    """One value in the file that is handed to a program."""

    path: Path
    name: str
    """The nearest key above it: the variable, the parameter, the option."""
    value: JsonValue
    written: Written
    kind: str
    """`env`, `params`, `options` or `labels`."""


def given(context: RuleContext) -> Iterator[Given]:
    """Every scalar below `env`, `params`, `labels` and `options` that the file holds without a variable."""
    topology = context.topology
    for node in topology.nodes.values():
        yield from _variables(topology, (*node.path, "env"), "env", node.env)
        yield from _variables(topology, (*node.path, "labels"), "labels", node.labels)
        yield from _below(topology, (*node.path, "params"), "params", dict(node.params), 0)
        for socket in node.sockets.values():
            path: Path = (*socket.path, "options")
            yield from _below(topology, path, "options", dict(socket.options), 0)
    yield from _defaults(topology)


def _defaults(topology: Topology) -> Iterator[Given]:
    env: dict[str, str] = {}
    options: dict[str, JsonValue] = {}
    for node in topology.nodes.values():
        env.update(node.env)
        for socket in node.sockets.values():
            options.update(socket.options)
    yield from _variables(topology, ("defaults", "env"), "env", env)
    yield from _below(topology, ("defaults", "options"), "options", options, 0)


def _variables(topology: Topology, path: Path, kind: str, values: Mapping[str, str]) -> Iterator[Given]:
    """A mapping, or a list of `NAME=value`."""
    if not values:
        return
    if topology.written((*path, 0)) is not None:
        for index in range(len(values)):
            entry = topology.written((*path, index))
            name, _, text = entry.text.partition("=") if entry is not None else ("", "", "")
            if text:
                yield Given((*path, index), name, text, Written(text, is_plain=False), kind)
        return
    for name, value in values.items():
        written = topology.written((*path, name))
        if written is not None:
            yield Given((*path, name), name, value, written, kind)


def _below(topology: Topology, path: Path, kind: str, value: JsonValue, depth: int) -> Iterator[Given]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _below(topology, (*path, key), kind, item, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _below(topology, (*path, index), kind, item, depth + 1)
    else:
        written = topology.written(path)
        if written is not None:
            name = next((part for part in reversed(path) if isinstance(part, str)), "")
            yield Given(path, name, value, written, kind)
