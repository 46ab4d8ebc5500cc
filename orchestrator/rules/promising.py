"""What the rules about the quality of service share: who promises something, and a key that is added."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Edit, Fix
from orchestrator.model.promises import qos_of
from orchestrator.model.types import Socket, StockProgram, Topology
from orchestrator.rules.context import RuleContext
from orchestrator.span import NOWHERE, Span
from orchestrator.vocabulary import Path
from orchestrator.wire.qos import QoS

USUAL: Final = QoS()
_PASSING_ON: Final = frozenset({"forwarder", "streamer", "queue"})
"""Stock nodes that hand frames on as they come."""


def promising(context: RuleContext) -> Iterator[Socket]:
    """The sockets that say something of the quality of service or of security themselves."""
    return (s for s in context.sockets if s.security is not None or s.qos != USUAL)


def has_envelope(context: RuleContext, socket: Socket) -> bool:
    """Whether messages carry the envelope there."""
    return qos_of(context.topology, socket).envelope


def passes_on(context: RuleContext, socket: Socket) -> bool:
    """Whether what a socket carries is none of its node's business."""
    program = context.node_of(socket).program
    silent = socket.message is None and socket.codec is None and not socket.qos.envelope
    return silent and isinstance(program, StockProgram) and program.name in _PASSING_ON


def with_envelope(topology: Topology, socket: Socket) -> Fix | None:
    """Say `envelope: true` where the socket's payload is said: at its message, or at itself."""
    message = topology.messages.get(socket.message) if socket.message is not None else None
    path, neighbour = (socket.path, "type") if message is None else (message.path, "codec")
    whose = f"`{socket.ref}`" if message is None else f"the message `{message.name}`"
    return added(topology, path, neighbour, "envelope: true", f"Add `envelope: true` to {whose}")


def added(topology: Topology, path: Path, neighbour: str, text: str, title: str) -> Fix | None:
    """Put a key behind the key `neighbour`, whose value is a word, in the mapping at `path`."""
    key, value = topology.key_place(*path, neighbour), topology.place(*path, neighbour)
    whole = topology.place(*path)
    if NOWHERE in (key, value, whole) or key.line != value.line or value.line != value.end_line:
        return None
    if not whole.line <= key.line <= whole.end_line:
        return None  # an alias: its value stands elsewhere
    if (whole.line, whole.column) == (key.line, key.column) or whole.column == key.column:
        edit = Edit(Span(key.file, key.line + 1, 1, key.line + 1, 1), f"{' ' * (key.column - 1)}{text}\n")
    else:
        at = Span(value.file, value.end_line, value.end_column, value.end_line, value.end_column)
        edit = Edit(at, f", {text}")
    return Fix(title=title, edits=(edit,), safe=False)
