"""A transport does not carry this socket type.

## Why

pgm, epgm and norm are multicast and carry publish-subscribe only; udp carries draft types only (RADIO,
DISH, DGRAM); a STREAM is raw TCP and needs tcp. libzmq refuses the rest (ENOCOMPATPROTO).

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUSH, bind: "udp://127.0.0.1:5555"}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUSH, bind: "tcp://127.0.0.1:5555"}
```

## Source

libzmq, `socket_base.cpp`, `check_protocol`; zmq_udp(7), zmq_pgm(7).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import Transport
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ316"
NAME: Final = "transport-and-type"
SEVERITY: Final = Severity.ERROR

_PUBSUB: Final = (SocketType.PUB, SocketType.SUB, SocketType.XPUB, SocketType.XSUB)
_MULTICAST: Final = (Transport.PGM, Transport.EPGM, Transport.NORM)


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare each address with the type of its socket."""
    for site in context.all_sites:
        if site.parsed is None:
            continue
        why = _why_not(site.parsed.transport, site.socket.type)
        if why is not None:
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{site.socket.ref}` is {site.socket.type}: {why}",
                span=site.span,
                path=site.address.path,
                help="use tcp",
            )


def _why_not(transport: Transport, socket_type: SocketType) -> str | None:
    if transport in _MULTICAST and socket_type not in _PUBSUB:
        return f"{transport} carries PUB, SUB, XPUB and XSUB only"
    if transport is Transport.UDP:
        return "udp carries the draft types RADIO, DISH and DGRAM only"
    if socket_type is SocketType.STREAM and transport is not Transport.TCP:
        return f"it speaks raw TCP, and {transport} is none"
    return None
