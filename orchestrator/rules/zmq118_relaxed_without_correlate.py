"""`req_relaxed` is set without `req_correlate`.

## Why

A relaxed REQ may ask again before it has its reply. A late reply to the first request is then taken for the
reply to the second, unless the two are told apart by `req_correlate`.

## Bad

```yaml
nodes:
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      req: {type: REQ, connect: server.rep, options: {req_relaxed: true}}
```

## Good

```yaml
nodes:
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      req: {type: REQ, connect: server.rep, options: {req_relaxed: true, req_correlate: true}}
```

## Source

zmq_setsockopt(3), ZMQ_REQ_RELAXED: "this option should be used with ZMQ_REQ_CORRELATE".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ118"
NAME: Final = "relaxed-without-correlate"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find relaxed REQ sockets that do not match replies to requests."""
    for socket in context.sockets:
        if socket.type is not SocketType.REQ or not option_of(socket.options, "req_relaxed"):
            continue
        if not option_of(socket.options, "req_correlate"):
            path = context.option_path(socket, "req_relaxed")
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{socket.ref}` may take a late reply for the reply to its next request",
                span=context.topology.key_place(*path),
                path=path,
                help="add `req_correlate: true`",
            )
