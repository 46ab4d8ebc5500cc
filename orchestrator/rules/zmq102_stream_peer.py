"""A STREAM socket meets a ZeroMQ socket.

## Why

STREAM speaks raw TCP, not ZeroMQ's protocol: it is for HTTP clients, telnet and other programs that know
nothing of ZeroMQ. Its peer gets bytes that are no handshake and hangs up.

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
from orchestrator.rules.context import RuleContext, binds_here
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ102"
NAME: Final = "stream-peer"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find links with a STREAM at one end."""
    told: set[tuple[str, str]] = set()
    for meeting, binder, connector in context.pairs():
        pair = (binder.ref, connector.ref)
        if SocketType.STREAM not in (binder.type, connector.type) or pair in told:
            continue
        told.add(pair)
        span = meeting.link.connector_span
        assert span is not None
        stream = binder if binder.type is SocketType.STREAM else connector
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{connector.ref}` ({connector.type}) connects to `{binder.ref}` ({binder.type}): "
                "STREAM speaks raw TCP, which no ZeroMQ socket understands"
            ),
            span=span,
            path=connector.path,
            related=binds_here(meeting.link),
            help=f"make `{stream.ref}` ROUTER or DEALER, or keep it for peers that are not ZeroMQ",
        )
