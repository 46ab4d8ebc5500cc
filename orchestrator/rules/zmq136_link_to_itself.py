"""A node connects to itself over ipc or tcp.

## Why

Such links are between the threads or the forked children of one program. ZeroMQ contexts do not survive a
fork: a child that goes on with its parent's context or sockets hangs or crashes. Threads of one process are
better off with inproc.

## Bad

```yaml
nodes:
  pool:
    command: ./pool
    sockets:
      backend: {type: DEALER, bind: "ipc:///tmp/pool.ipc"}
      worker: {type: REP, connect: pool.backend}
```

## Good

```yaml
nodes:
  pool:
    command: ./pool
    sockets:
      backend: {type: DEALER, bind: "ipc:///tmp/pool.ipc"}
  worker:
    command: ./worker
    replicas: 3
    sockets:
      jobs: {type: REP, connect: pool.backend}
```

## Source

zmq(7), "Multithreading"; pyzmq issue 1049; libzmq issue 3200.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext, binds_here

CODE: Final = "ZMQ136"
NAME: Final = "link-to-itself"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find links inside a node that do not go over inproc, one per node. Replicas may meet each other."""
    told: set[str] = set()
    for meeting, binder, connector in context.pairs():
        if binder.node != connector.node or binder.node in told or context.node_of(binder).replicas > 1:
            continue
        if meeting.link.address.startswith("inproc:"):
            continue
        told.add(binder.node)
        assert meeting.link.connector_span is not None
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{binder.node}` connects to itself: `{connector.ref}` to `{binder.ref}` at "
                f"{meeting.link.address}"
            ),
            span=meeting.link.connector_span,
            path=connector.path,
            related=binds_here(meeting.link),
            help=(
                "ZeroMQ contexts do not survive a fork: make them in the children, or declare the "
                "children as a "
                "node with `replicas`; threads of one process use inproc"
            ),
        )
