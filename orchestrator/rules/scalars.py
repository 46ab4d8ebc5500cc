"""What the rules about values share: every scalar that a user gives to programs, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
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


Wanted = Callable[[str, str, JsonValue], bool]
"""(kind, name, value) -> whether it is worth looking up how it stands in the file."""


def given(context: RuleContext, wanted: Wanted) -> Iterator[Given]:
    """The wanted scalars below `env`, `params`, `labels` and `options` that the file holds as they are."""
    finder = _Finder(context.topology, wanted)
    env: dict[str, str] = {}
    options: dict[str, JsonValue] = {}
    for node in context.topology.nodes.values():
        yield from finder.variables((*node.path, "env"), "env", node.env)
        yield from finder.variables((*node.path, "labels"), "labels", node.labels)
        yield from finder.below((*node.path, "params"), "params", "", dict(node.params), 0)
        env.update(node.env)
        for socket in node.sockets.values():
            yield from finder.below((*socket.path, "options"), "options", "", dict(socket.options), 0)
            options.update(socket.options)
    yield from finder.variables(("defaults", "env"), "env", env)
    yield from finder.below(("defaults", "options"), "options", "", options, 0)


class _Finder:
    """Looks through what is given, and looks up the places of what is wanted alone: that costs the most."""

    def __init__(self, topology: Topology, wanted: Wanted) -> None:
        self._written = topology.written
        self._wanted = wanted

    def variables(self, path: Path, kind: str, values: Mapping[str, str]) -> Iterator[Given]:
        """A mapping, or a list of `NAME=value`."""
        wanted = [name for name, value in values.items() if self._wanted(kind, name, value)]
        if not wanted:
            return
        if self._written((*path, 0)) is not None:
            yield from self._listed(path, kind, wanted, len(values))
            return
        for name in wanted:
            written = self._written((*path, name))
            if written is not None:
                yield Given((*path, name), name, values[name], written, kind)

    def _listed(self, path: Path, kind: str, wanted: Collection[str], count: int) -> Iterator[Given]:
        for index in range(count):
            entry = self._written((*path, index))
            name, _, text = entry.text.partition("=") if entry is not None else ("", "", "")
            if name in wanted:
                yield Given((*path, index), name, text, Written(text, is_plain=False), kind)

    def below(self, path: Path, kind: str, name: str, value: JsonValue, depth: int) -> Iterator[Given]:
        """The scalars in a value; `name` is the nearest key above it."""
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, dict):
            for key, item in value.items():
                yield from self.below((*path, key), kind, key, item, depth + 1)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.below((*path, index), kind, name, item, depth + 1)
        elif self._wanted(kind, name, value):
            written = self._written(path)
            if written is not None:
                yield Given(path, name, value, written, kind)
