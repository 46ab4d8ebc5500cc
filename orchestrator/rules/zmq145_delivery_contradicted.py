"""An option says the opposite of `delivery`.

## Why

`delivery: lossless` holds messages back when there is no room. `conflate` throws all but the last away;
`xpub_nodrop: false` and `router_mandatory: false` ask libzmq to drop in silence; with `sndhwm: 0` there is
always room, until the memory is full: nobody ever waits. `delivery: drop` with `sndhwm: 0` never drops for
the same reason. `limits.message_size` beside another `maxmsgsize` says the same thing twice, and
differently.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, codec: json, delivery: lossless, options: {sndhwm: 0}}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, codec: json, delivery: lossless, options: {sndhwm: 10000}}
```

## Source

zmq_setsockopt(3): ZMQ_CONFLATE, ZMQ_XPUB_NODROP, ZMQ_ROUTER_MANDATORY, ZMQ_SNDHWM, ZMQ_MAXMSGSIZE.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.promising import promising
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import Delivery

CODE: Final = "ZMQ145"
NAME: Final = "delivery-contradicted"
SEVERITY: Final = Severity.ERROR

_DROPPING: Final = {
    "xpub_nodrop": (SocketType.PUB, SocketType.XPUB),
    "router_mandatory": (SocketType.ROUTER,),
}
"""Options that keep messages when they are on -> the types that have them."""

_Told = tuple[str, str, Severity]
"""Option, what it does to the promise, severity."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare options with what the same socket promises."""
    for socket in promising(context):
        if not socket.options or context.is_foreign(socket):
            continue
        for option, fact, severity in (*_dropping(socket), *_unbounded(socket), *_limited(socket)):
            path = context.option_path(socket, option)
            yield Diagnostic(
                code=CODE,
                severity=severity,
                message=f"`{socket.ref}`: {fact}",
                span=context.topology.key_place(*path),
                path=path,
                help=f"take `{option}` out, or the promise",
            )


def _dropping(socket: Socket) -> Iterator[_Told]:
    if socket.qos.delivery is not Delivery.LOSSLESS:
        return
    if option_of(socket.options, "conflate"):
        yield "conflate", "`conflate` keeps only the last message, and `delivery` is lossless", SEVERITY
    for option, kinds in _DROPPING.items():
        if socket.type in kinds and option_of(socket.options, option) in (False, 0):
            fact = f"`{option}: false` lets libzmq drop messages, and `delivery` is lossless"
            yield option, fact, SEVERITY


def _unbounded(socket: Socket) -> Iterator[_Told]:
    delivery = socket.qos.delivery
    if delivery not in (Delivery.LOSSLESS, Delivery.DROP) or not socket.type.sends:
        return
    if option_of(socket.options, "sndhwm") == 0:
        word = "waits" if delivery is Delivery.LOSSLESS else "drops"
        fact = f"with `sndhwm: 0` there is always room, so it never {word} until the memory is full"
        yield "sndhwm", fact, Severity.WARNING


def _limited(socket: Socket) -> Iterator[_Told]:
    size, own = socket.qos.limits.message_size, option_of(socket.options, "maxmsgsize")
    if size is not None and own is not None and own != size:
        fact = f"`maxmsgsize` is {own}, and `limits.message_size` is {size} bytes"
        yield "maxmsgsize", fact, Severity.WARNING
