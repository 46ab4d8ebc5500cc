"""A full batch is larger than the receiver lets in.

## Why

The messages of a batch travel as one. libzmq disconnects a peer whose message is larger than
`limits.message_size` (ZMQ_MAXMSGSIZE): the batch is lost, and it happens again after each reconnect. Beside
the payloads a batch holds the header and four bytes for each message.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUSH, bind: auto, codec: json, envelope: true, batch: {max_bytes: 1MiB}}
  reader:
    run: market.reader:Reader
    sockets:
      ticks: {type: PULL, connect: feed.ticks, codec: json, envelope: true, limits: {message_size: 64KiB}}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUSH, bind: auto, codec: json, envelope: true, batch: {max_bytes: 32KiB}}
  reader:
    run: market.reader:Reader
    sockets:
      ticks: {type: PULL, connect: feed.ticks, codec: json, envelope: true, limits: {message_size: 64KiB}}
```

## Source

zmq_setsockopt(3), ZMQ_MAXMSGSIZE; docs/protocol.md, "Batches".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.quantities import format_size
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import distinct_pairs
from orchestrator.transport.compatibility import flow
from orchestrator.transport.option_names import option_of
from orchestrator.wire.qos import Batch

CODE: Final = "ZMQ413"
NAME: Final = "batch-beyond-limit"
SEVERITY: Final = Severity.WARNING

_HEADER: Final = 256
"""The envelope with its extensions, roughly."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the batches of each sender with the limits of those it sends to."""
    for binder, connector in distinct_pairs(context):
        travels = flow(binder.type, connector.type)
        for sender, receiver, is_sent in (
            (binder, connector, travels.forth),
            (connector, binder, travels.back),
        ):
            limit, batch = _limit(receiver), sender.qos.batch
            if is_sent and limit is not None and batch is not None and _largest(batch) > limit:
                yield _finding(context, sender, receiver, batch, limit)


def _limit(socket: Socket) -> int | None:
    """-1 is none."""
    if socket.qos.limits.message_size is not None:
        return socket.qos.limits.message_size
    own = option_of(socket.options, "maxmsgsize")
    return own if isinstance(own, int) and own >= 0 else None


def _largest(batch: Batch) -> int:
    return batch.max_bytes + 4 * batch.max_messages + _HEADER


def _finding(context: RuleContext, sender: Socket, receiver: Socket, batch: Batch, limit: int) -> Diagnostic:
    path = (*sender.path, "batch")
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"a batch of `{sender.ref}` may take {format_size(batch.max_bytes)} and its lengths, and "
        f"`{receiver.ref}` lets in {format_size(limit)}: it disconnects the sender",
        span=context.topology.place(*path, "max_bytes"),
        path=path,
        related=(Related(f"`{receiver.ref}` is here", receiver.span),),
        help="lower `max_bytes`, or raise the limit",
    )
