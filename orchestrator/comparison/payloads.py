"""What travels by a socket, and whether two schemas ask for the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from orchestrator.model.types import Node, Socket, Topology
from orchestrator.vocabulary import CodecName, JsonValue

_NOTES: Final = frozenset({"title", "description", "examples", "$comment", "default", "$id", "$schema"})
"""Keywords of JSON Schema that judge nothing (draft-07 validation, section 10)."""
_NAMED: Final = frozenset({"properties", "patternProperties", "definitions", "$defs", "dependencies"})
"""Keywords whose keys are names of the user's."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What both ends of a link must agree on."""

    codec: str
    type: str | None
    schema: JsonValue


def payload_of(topology: Topology, node: Node, socket: Socket) -> Payload | None:
    """What a socket says that it carries; None for a foreign program's that says nothing."""
    message = topology.messages.get(socket.message) if socket.message is not None else None
    if message is not None:
        return Payload(message.codec, message.type, without_notes(message.schema))
    if socket.codec is not None:
        return Payload(socket.codec, None, None)
    return Payload(CodecName.RAW, None, None) if node.is_python else None


def without_notes(schema: Any) -> Any:
    """A JSON Schema without what is for people; lists whose order says nothing, in order."""
    return _judging(schema, _NOTES)


def with_order(schema: Any) -> Any:
    """A JSON Schema whole; lists whose order says nothing, in order."""
    return _judging(schema, frozenset())


def _judging(schema: Any, left_out: frozenset[str]) -> Any:
    if isinstance(schema, list):
        return [_judging(item, left_out) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _NAMED and isinstance(value, dict):
            found[key] = {name: _judging(item, left_out) for name, item in value.items()}
        elif key in ("required", "type", "enum") and isinstance(value, list):
            found[key] = sorted(value, key=repr)
        elif key in ("const", "enum"):
            found[key] = value
        elif key not in left_out:
            found[key] = _judging(value, left_out)
    return found
