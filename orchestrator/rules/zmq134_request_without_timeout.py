"""A REQ waits for ever for a service that is always restarted.

## Why

A request that a service has taken when it dies gets no reply, and a REQ may not ask again until it has one.
The service comes back, and its client hangs. A service with `restart: always` is one that is expected to go
and come.

## Bad

```yaml
nodes:
  server:
    command: ./server
    restart: always
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      req: {type: REQ, connect: server.rep}
```

## Good

```yaml
nodes:
  server:
    command: ./server
    restart: always
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      req: {type: REQ, connect: server.rep, options: {rcvtimeo: 2000, req_relaxed: true, req_correlate: true}}
```

## Source

The guide, chapter 4, "Client-Side Reliability (Lazy Pirate Pattern)"; libzmq issues 1227 and 172.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.waiting import is_bounded
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import RestartPolicy, SocketType

CODE: Final = "ZMQ134"
NAME: Final = "request-without-timeout"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find unbounded REQ sockets that ask a node with `restart: always`."""
    for socket in context.sockets:
        if socket.type is not SocketType.REQ or is_bounded(socket):
            continue
        if context.node_of(socket).timeout_s is not None:
            continue
        for _, other in context.peers(socket):
            server = context.node_of(other)
            if server.restart.policy is not RestartPolicy.ALWAYS or other.node == socket.node:
                continue
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=(
                    f"`{socket.ref}` (REQ) has no timeout, and `{server.name}` is always restarted: "
                    f"one lost reply and `{socket.node}` waits for ever"
                ),
                span=socket.span,
                path=socket.path,
                related=(
                    Related(
                        f"`{server.name}` is always restarted",
                        context.topology.place(*server.path, "restart"),
                    ),
                ),
                help="add `options: {rcvtimeo: 2000, req_relaxed: true, req_correlate: true}`, or use DEALER"
                if context.is_foreign(socket)
                else "add `retry: {timeout: 2s}`, which asks again, and fails in the node in the end",
            )
            break
