"""A secured socket connects to several servers, and cannot tell which of them is where.

## Why

A CURVE client has to know the key of its server before it connects. Nodes of this topology say who they are
when they have bound; at a fixed address, of a program of yours or outside, there is nobody to ask. A socket
that connects to one server alone knows whose key to take; one that connects to several, and to one of them
at a fixed address, does not, and its node does not start.

## Bad

```yaml
nodes:
  client:
    run: app.client:Client
    sockets:
      requests: {type: DEALER, connect: [east, west], security: curve}
endpoints:
  east: {address: tcp://10.0.0.5:9000, type: ROUTER, external: true}
  west: {address: tcp://10.0.0.6:9000, type: ROUTER, external: true}
```

## Good

```yaml
nodes:
  client:
    run: app.client:Client
    sockets:
      east: {type: DEALER, connect: east, security: curve}
      west: {type: DEALER, connect: west, security: curve}
endpoints:
  east: {address: tcp://10.0.0.5:9000, type: ROUTER, external: true}
  west: {address: tcp://10.0.0.6:9000, type: ROUTER, external: true}
```

## Source

zmq_setsockopt(3), ZMQ_CURVE_SERVERKEY; docs/reference/keys.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.parts import listing
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.mechanisms import Mechanism, security_of

CODE: Final = "ZMQ510"
NAME: Final = "server-not-certain"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find CURVE clients of ours, by `security`, with several servers of which one has a fixed address."""
    for socket in context.sockets:
        if socket.binds or socket.ref not in context.securities or context.is_foreign(socket):
            continue
        if security_of(context, socket).mechanism is not Mechanism.CURVE:
            continue
        servers = dict(_servers(context, socket))
        if len(servers) > 1 and any(servers.values()):
            path = (*socket.path, "connect")
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{socket.ref}` connects to {listing(servers)} with CURVE, and cannot tell whose "
                "key belongs to which address",
                span=context.topology.place(*path),
                path=path,
                help="give each server a socket of its own",
            )


def _servers(context: RuleContext, socket: Socket) -> Iterator[tuple[str, bool]]:
    """(name, whether its address is fixed) of those it connects to."""
    for meeting in context.resolution.of(socket):
        binder, endpoint = meeting.link.binder, meeting.link.endpoint
        if binder is not None and binder is not socket:
            yield binder.node, context.is_foreign(binder)
        elif endpoint is not None:
            yield endpoint.name, True
