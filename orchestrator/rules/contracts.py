"""What the rules about payloads share: what a socket says of what it carries."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.types import Message, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.span import Span
from orchestrator.transport.compatibility import compatible
from orchestrator.vocabulary import CodecName


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


def codec_of(context: RuleContext, socket: Socket) -> CodecName | None:
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
