"""A promise needs the envelope, and messages do not carry it.

## Why

Batches, compressed payloads and shared memory look like other messages: only the header in front of a
payload tells the receiver what to undo. The age of a message (`max_lag`), what was missed (`delivery`), and
which request a reply belongs to (`retry` of a DEALER) stand in it too. `envelope: true`, at the message or
at the socket, adds 56 bytes to each message.

Without it a request that is asked again (`retry` of a REQ) may be carried out twice: the replier cannot
tell.

## Bad

```yaml
messages:
  Tick: {codec: msgpack}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, message: Tick, batch: {max_delay: 1ms}}
```

## Good

```yaml
messages:
  Tick: {codec: msgpack, envelope: true}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, message: Tick, batch: {max_delay: 1ms}}
```

## Source

docs/protocol.md, "The envelope".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Message, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.promising import has_envelope, promising, with_envelope
from orchestrator.vocabulary import Path, SocketType
from orchestrator.wire.qos import Delivery

CODE: Final = "ZMQ409"
NAME: Final = "needs-envelope"
SEVERITY: Final = Severity.ERROR

_Need = tuple[str, Severity, str]
"""Key, severity, what is without the envelope."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find promises of Python nodes that only the header could keep."""
    for socket in promising(context):
        if socket.type is SocketType.STREAM or context.is_foreign(socket) or has_envelope(context, socket):
            continue
        for need in _needs(context, socket):
            yield _finding(context, socket, need, (*socket.path, need[0]), f"`{socket.ref}`")
    for message in context.topology.messages.values():
        if message.compress is None or message.envelope:
            continue
        lacking = [s for s in _users(context, message) if not has_envelope(context, s)]
        if lacking:
            need = ("compression", SEVERITY, "receivers cannot tell which payloads are compressed")
            path = (*message.path, "compression")
            yield _finding(context, lacking[0], need, path, f"the message `{message.name}`")


def _users(context: RuleContext, message: Message) -> Iterator[Socket]:
    return (s for s in context.sockets if s.message == message.name and not context.is_foreign(s))


def _needs(context: RuleContext, socket: Socket) -> Iterator[_Need]:
    qos = socket.qos
    if qos.batch is not None and socket.type.sends:
        yield "batch", SEVERITY, "receivers cannot tell one message from many"
    if qos.max_lag_s is not None and socket.type.receives:
        yield "max_lag", SEVERITY, "messages do not say when they were sent"
    if qos.shared_memory:
        yield "shared_memory", SEVERITY, "receivers cannot tell a payload from the place where it lies"
    if qos.delivery in (Delivery.DROP, Delivery.LATEST):
        yield "delivery", Severity.WARNING, "receivers cannot tell what they have missed"
    if qos.retry is not None and socket.type is SocketType.DEALER:
        yield "retry", SEVERITY, "nobody can tell which request a reply belongs to"
    elif qos.retry is not None and socket.type is SocketType.REQ and _all_ours(context, socket):
        yield "retry", Severity.WARNING, "a request that is asked again may be carried out twice"


def _all_ours(context: RuleContext, socket: Socket) -> bool:
    """Whether every other end is known, and is a node that could read the envelope."""
    ends = [meeting.other(socket) for meeting in context.resolution.of(socket)]
    return bool(ends) and all(end is not None and not context.is_foreign(end) for end in ends)


def _finding(context: RuleContext, socket: Socket, need: _Need, path: Path, whose: str) -> Diagnostic:
    key, severity, why = need
    at = "this message" if path[0] == "messages" else "its message" if socket.message else "this socket"
    return Diagnostic(
        code=CODE,
        severity=severity,
        message=f"`{key}` of {whose} needs the envelope, which messages do not carry there: {why}",
        span=context.topology.key_place(*path),
        path=path,
        help=f"write `envelope: true` at {at}, and see that the other ends of its links have it too",
        fix=with_envelope(context.topology, socket),
    )
