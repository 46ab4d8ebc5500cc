"""Nodes ask each other in a circle, and each waits for the other's reply.

## Why

A REQ waits for its reply, and the node that should give it waits for a reply as well: as soon as all
requests of the circle are under way, nobody can answer. Circles of data (PUSH, PUB, DEALER, ROUTER) are
legal and are not reported.

A REQ with `rcvtimeo` or `req_relaxed` does not wait for ever and breaks the circle.

## Bad

```yaml
nodes:
  orders:
    command: ./orders
    sockets:
      api: {type: REP, bind: tcp://127.0.0.1:5001}
      stock: {type: REQ, connect: stock.api}
  stock:
    command: ./stock
    sockets:
      api: {type: REP, bind: tcp://127.0.0.1:5002}
      orders: {type: REQ, connect: orders.api}
```

## Good

```yaml
nodes:
  orders:
    command: ./orders
    sockets:
      api: {type: REP, bind: tcp://127.0.0.1:5001}
      stock: {type: DEALER, connect: stock.api}
  stock:
    command: ./stock
    sockets:
      api: {type: ROUTER, bind: tcp://127.0.0.1:5002}
      orders: {type: REQ, connect: orders.api}
```

## Source

RFC 28: a REQ "SHALL NOT send any further message until it has received a reply".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Link, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.span import Span
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ201"
NAME: Final = "request-circle"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Print each circle of requests once."""
    if not any(socket.type is SocketType.REQ for socket in context.sockets):
        return
    from orchestrator.graph.circles import request_circles  # the graph's floor is not loaded for nothing

    for circle in request_circles(context.topology, context.resolution.links):
        steps = [_asks(link) for link in circle]
        first = min(range(len(steps)), key=lambda i: steps[i][2])
        steps = steps[first:] + steps[:first]
        names = [asking.node for asking, _, _ in steps]
        way = " → ".join(f"`{name}`" for name in (*names, names[0]))
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"requests go in a circle: {way}; when each waits for its reply, nobody can answer",
            span=steps[0][2],
            path=steps[0][0].path,
            related=tuple(
                Related(f"`{asking.node}` asks `{asked.node}` here", span)
                for asking, asked, span in steps[1:]
            ),
            help="use DEALER in place of one REQ, or give one REQ a limit (`options: {rcvtimeo: 1000}`)",
        )


def _asks(link: Link) -> tuple[Socket, Socket, Span]:
    assert link.binder is not None and link.connector is not None
    assert link.binder_span is not None and link.connector_span is not None
    asker = (SocketType.REQ, SocketType.DEALER)
    if link.connector.type in asker and not (
        link.connector.type is SocketType.DEALER and link.binder.type is SocketType.REQ
    ):
        return link.connector, link.binder, link.connector_span
    return link.binder, link.connector, link.binder_span
