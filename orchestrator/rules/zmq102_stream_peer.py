"""A STREAM socket meets a ZeroMQ socket.

## Why

STREAM speaks raw TCP, not ZeroMQ's protocol: it is for HTTP clients, telnet and other programs that know
nothing of ZeroMQ. Its peer gets bytes that are no handshake and hangs up. An endpoint outside that is no
ZeroMQ socket can be declared so, with `type: STREAM`.

## Bad

```yaml
nodes:
  gateway:
    command: ./gateway
    sockets:
      web: {type: STREAM, bind: tcp://127.0.0.1:8080}
  client:
    command: ./client
    sockets:
      out: {type: DEALER, connect: gateway.web}
```

## Good

```yaml
nodes:
  gateway:
    command: ./gateway
    sockets:
      web: {type: STREAM, bind: tcp://127.0.0.1:8080}
      requests: {type: ROUTER, bind: tcp://127.0.0.1:8081}
  client:
    command: ./client
    sockets:
      out: {type: DEALER, connect: gateway.requests}
```

## Source

zmq_socket(3), "Native pattern", ZMQ_STREAM.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Link, Socket
from orchestrator.rules.context import RuleContext, binds_here
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ102"
NAME: Final = "stream-peer"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find links with a STREAM at one end alone, ours or outside."""
    told: set[tuple[str, str]] = set()
    for meeting in context.resolution.meetings:
        link = meeting.link
        here, there = link.connector or link.binder, _other_end(link)
        if here is None or there is None or SocketType.STREAM not in (here.type, there[1]):
            continue
        if (link.endpoint is not None and here.type is there[1]) or (here.ref, there[0]) in told:
            continue
        told.add((here.ref, there[0]))
        yield _finding(link, here, there)


def _other_end(link: Link) -> tuple[str, SocketType] | None:
    """What the connector meets, or the binder from outside; None where its type is not known."""
    if link.connector is not None and link.binder is not None:
        return link.binder.ref, link.binder.type
    endpoint = link.endpoint
    return None if endpoint is None or endpoint.type is None else (endpoint.name, endpoint.type)


def _finding(link: Link, here: Socket, there: tuple[str, SocketType]) -> Diagnostic:
    name, type_ = there
    span = link.connector_span or link.binder_span
    assert span is not None
    stream = here.ref if here.type is SocketType.STREAM else name
    is_outside = link.endpoint is not None
    verb = "connects to" if link.connector is not None else "is met by"
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=(
            f"`{here.ref}` ({here.type}) {verb} `{name}` ({type_}): "
            "STREAM speaks raw TCP, which no ZeroMQ socket understands"
        ),
        span=span,
        path=here.path,
        related=binds_here(link),
        help=(
            f"reach `{name}` with a socket of its kind: "
            + ("STREAM, or none of ZeroMQ's" if type_ is SocketType.STREAM else f"one that talks to {type_}")
            if is_outside
            else f"make `{stream}` ROUTER or DEALER, or keep it for peers that are not ZeroMQ"
        ),
    )
