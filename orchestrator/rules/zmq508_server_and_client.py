"""A secured socket binds and connects: it would have to be server and client at once.

## Why

A socket has one role in CURVE and PLAIN (`curve_server`, `plain_server`), whichever end binds. The end that
binds is the server here; a socket that also connects would meet another server there, and the handshake
fails between two servers.

## Bad

```yaml
nodes:
  middle:
    run: app.middle:Middle
    sockets:
      jobs: {type: DEALER, bind: "tcp://127.0.0.1:5555", connect: "tcp://127.0.0.1:5556", security: curve}
  other:
    run: app.other:Other
    sockets:
      jobs: {type: DEALER, bind: "tcp://127.0.0.1:5556", security: curve}
```

## Good

```yaml
nodes:
  middle:
    run: app.middle:Middle
    sockets:
      front: {type: DEALER, bind: "tcp://127.0.0.1:5555", security: curve}
      jobs: {type: DEALER, connect: other.jobs, security: curve}
  client:
    run: app.client:Client
    sockets:
      jobs: {type: DEALER, connect: middle.front, security: curve}
  other:
    run: app.other:Other
    sockets:
      jobs: {type: DEALER, bind: "tcp://127.0.0.1:5556", security: curve}
```

## Source

RFC 26 (CURVE), "Server and client roles"; zmq_curve(7).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.mechanisms import Mechanism, security_of

CODE: Final = "ZMQ508"
NAME: Final = "server-and-client"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find sockets of ours that `security` secures, and that bind and connect."""
    for socket in context.sockets:
        if not (socket.binds and socket.connects and socket.ref in context.securities):
            continue
        own = security_of(context, socket)
        if own.mechanism is Mechanism.NULL or context.is_foreign(socket):
            continue
        if all(address.text.startswith("inproc:") for address in socket.connects):
            continue
        path = (*socket.path, "connect")
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{socket.ref}` is {own.words}, for it binds, and cannot be a client where it connects",
            span=context.topology.key_place(*path),
            path=path,
            help="make two sockets of it: one that binds, and one that connects",
        )
