"""What the rules about payloads share: what a socket says of what it carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from orchestrator.model.types import Message, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.span import Span
from orchestrator.transport.compatibility import compatible, flow
from orchestrator.vocabulary import CodecName

if TYPE_CHECKING:
    from orchestrator.codecs.proto_text import ProtoFile


JSON_LIKE: Final = (CodecName.JSON, CodecName.MSGPACK, CodecName.CBOR)
"""Codecs whose payloads a JSON Schema describes."""


def distinct_pairs(context: RuleContext) -> Iterator[tuple[Socket, Socket]]:
    """(binder, connector) of every link between sockets that can talk at all, each pair once."""
    told: set[tuple[str, str]] = set()
    for _, binder, connector in context.pairs():
        if (binder.ref, connector.ref) not in told and compatible(binder.type, connector.type):
            told.add((binder.ref, connector.ref))
            yield binder, connector


def message_of(context: RuleContext, socket: Socket) -> Message | None:
    """The contract a socket names."""
    return context.topology.messages.get(socket.message) if socket.message is not None else None


def codec_of(context: RuleContext, socket: Socket) -> str | None:
    """The codec a socket declares, by itself or by its message."""
    message = message_of(context, socket)
    return message.codec if message is not None else socket.codec


def how(context: RuleContext, socket: Socket) -> str:
    """`msgpack`, or `msgpack (message Tick)`."""
    codec = codec_of(context, socket)
    return f"{codec} (message `{socket.message}`)" if socket.message is not None else f"{codec}"


def place_of(context: RuleContext, socket: Socket) -> Span:
    """Where a socket declares what it carries."""
    return context.topology.place(*socket.path, "message" if socket.message is not None else "codec")


def deliveries(context: RuleContext) -> Iterator[tuple[Socket, Socket]]:
    """(sender, receiver) of every link whose ends name different messages; both ways where they go so."""
    for binder, connector in distinct_pairs(context):
        if binder.message is None or connector.message is None or binder.message == connector.message:
            continue
        travels = flow(binder.type, connector.type)
        if travels.forth:
            yield binder, connector
        if travels.back:
            yield connector, binder


def are_json_schemas(one: Message, other: Message) -> bool:
    """Whether both have a JSON Schema written out, so that ZMQ407 compares them."""
    if one.codec != other.codec or one.codec not in JSON_LIKE:
        return False
    return isinstance(one.schema, dict) and isinstance(other.schema, dict)


def protos_of(context: RuleContext, one: Message, other: Message) -> tuple[ProtoFile, ProtoFile] | None:
    """The `.proto` files of two different messages that can be compared, each with its message in it."""
    if (one.schema, one.type) == (other.schema, other.type):
        return None
    found = [context.proto(message.schema) for message in (one, other) if message.codec == CodecName.PROTOBUF]
    if len(found) != 2 or found[0] is None or found[1] is None:
        return None
    defined = one.type in found[0].messages and other.type in found[1].messages
    return (found[0], found[1]) if defined else None
