"""What a person is told about a draft: what was left out and why, what has to be filled in; with places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.importing.draft import Draft, Left, NodeDraft, Origin


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """One sentence. `origin` has no file where the source is none."""

    origin: Origin
    text: str
    is_open: bool = False
    """Whether it says what has to be filled in before the file is valid."""
    is_hint: bool = False
    """Whether it says what else has to be looked after."""

    def __str__(self) -> str:
        line = f":{self.origin.line}" if self.origin.line else ""
        return f"{self.origin.file}{line}: {self.text}" if self.origin.file else self.text


def told(draft: Draft, file: str) -> tuple[Told, ...]:
    """Everything, in the order of the source. `file`: the name of the source for what has no other."""
    found = [Told(Origin(file, 0), hint, is_hint=True) for hint in draft.hints]
    found += _left(draft.left, "", file)
    for node in draft.nodes:
        found += _of_node(node, file)
    return tuple(sorted(found, key=lambda one: (one.origin.file != file, one.origin)))


def _of_node(node: NodeDraft, file: str) -> Iterator[Told]:
    yield from _left(node.left, f"{node.name}: ", file)
    if node.command is None and node.use is None:
        yield Told(node.origin, f"{node.name}: to be filled in: {node.open_program}", is_open=True)
    for hint in node.hints:
        yield Told(node.origin, f"{node.name}: {hint}", is_hint=True)
    for problem in node.problems:
        yield Told(node.origin, f"{node.name}: to be put right: {problem}", is_open=True)
    for socket in node.sockets:
        where = f"{node.name}.{socket.name}"
        yield from _left(socket.left, f"{where}: ", file)
        for why in socket.open_keys.values():
            yield Told(socket.origin, f"{where}: to be filled in: {why}", is_open=True)


def _left(left: tuple[Left, ...], where: str, file: str) -> Iterator[Told]:
    for one in left:
        if one.why:
            origin = Origin(one.value.file or file, one.value.begins)
            yield Told(origin, f"{where}`{one.name}` is left out: {one.why}")
