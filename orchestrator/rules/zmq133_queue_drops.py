"""A publisher or its subscriber has a very short queue, and drops what does not fit.

## Why

PUB, XPUB and ROUTER never wait: what a full queue cannot take is thrown away without a sign. With a high-
water mark of a few messages a short burst is enough. A socket of a Python node that says `delivery` is
taken at its word.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {sndhwm: 10}}
  reader:
    command: ./reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""]}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {sndhwm: 10000}}
  reader:
    command: ./reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""]}
```

## Source

RFC 29, "SHALL silently drop"; the guide, chapter 2, "High-Water Marks". Measured with marks of 10 at both
ends: 10 of 1000 messages arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ133"
NAME: Final = "queue-drops"
SEVERITY: Final = Severity.WARNING

SMALL: Final = 100
"""Below so many messages a queue is taken to be short: our choice; libzmq's default is 1000."""

_Mark = tuple[Socket, str, int]


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Collect the small marks at both ends of every dropping sender."""
    told: set[str] = set()
    for socket in context.sockets:
        if not _drops(context, socket):
            continue
        marks = [mark for mark in (_small(socket, "sndhwm"),) if mark]
        for _, other in context.peers(socket):
            mark = _small(other, "rcvhwm") if other.type in (SocketType.SUB, SocketType.XSUB) else None
            if mark and other.ref not in told:
                told.add(other.ref)
                marks.append(mark)
        if marks:
            yield _finding(context, socket, marks)


def _drops(context: RuleContext, socket: Socket) -> bool:
    if socket.qos.delivery is not None and not context.is_foreign(socket):
        return False  # lossless waits; what the others drop is meant to be dropped, and counted
    if socket.type is SocketType.ROUTER:
        mandatory = option_of(socket.options, "router_mandatory")  # the SDK sets it where nothing is said
        return not mandatory if mandatory is not None else context.is_foreign(socket)
    if socket.type not in (SocketType.PUB, SocketType.XPUB):
        return False
    return not (option_of(socket.options, "xpub_nodrop") or option_of(socket.options, "conflate"))


def _small(socket: Socket, option: str) -> _Mark | None:
    value = option_of(socket.options, option)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < SMALL:
        return None
    return None if option_of(socket.options, "conflate") else (socket, option, value)


def _finding(context: RuleContext, sender: Socket, marks: list[_Mark]) -> Diagnostic:
    said = " and ".join(f"{option} {value} at `{socket.ref}`" for socket, option, value in marks)
    first, option, _ = marks[0]
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{sender.ref}` ({sender.type}) never waits: with {said} it drops what a burst leaves over",
        span=context.option_span(first, option),
        path=context.option_path(first, option),
        related=tuple(Related(f"{o} {v} of `{s.ref}`", context.option_span(s, o)) for s, o, v in marks[1:]),
        help="raise both ends, or use PUSH and PULL if nothing may be lost"
        + ("" if context.is_foreign(sender) else ", or say `delivery: lossless`"),
    )
