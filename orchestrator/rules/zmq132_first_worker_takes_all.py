"""A task hands out work before all its workers are connected.

## Why

PUSH deals its messages out among the workers it has at that moment. The first one that connects gets
everything that is sent until the second is there; a short batch ends up with one worker while the others
idle.

A second link by which the workers can report, `depends_on` the workers, `ready: {peers: …}`, `wait_for` of
a Python node's socket and `stdin` count as a way to wait.

## Bad

```yaml
nodes:
  ventilator:
    command: ./ventilator
    kind: task
    sockets:
      work: {type: PUSH, bind: "tcp://127.0.0.1:5557"}
  worker:
    command: ./worker
    replicas: 4
    sockets:
      work: {type: PULL, connect: ventilator.work}
```

## Good

```yaml
nodes:
  ventilator:
    command: ./ventilator
    kind: task
    depends_on: [worker]
    sockets:
      work: {type: PUSH, bind: "tcp://127.0.0.1:5557"}
  worker:
    command: ./worker
    replicas: 4
    sockets:
      work: {type: PULL, connect: ventilator.work}
```

## Source

The guide, chapter 1, "Divide and Conquer": "we have to synchronize the start of the batch". Measured: 900
messages before the second worker came and 90 after: 945 and 45.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.gates import ungated
from orchestrator.vocabulary import NodeKind, SocketType

CODE: Final = "ZMQ132"
NAME: Final = "first-worker-takes-all"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find tasks whose bound PUSH has several workers and nothing that waits for them."""
    for socket in context.sockets:
        if socket.type is not SocketType.PUSH or context.node_of(socket).kind is not NodeKind.TASK:
            continue
        workers = sum(
            meeting.per_binder
            for meeting, other in context.peers(socket)
            if meeting.link.binder is socket and other.type is SocketType.PULL
        )
        late = ungated(context, socket, (SocketType.PULL,)) if workers > 1 else []
        if not late:
            continue
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{socket.ref}` starts to hand out work when the first of its {workers} workers is "
                "connected: "
                "that one takes the whole batch"
            ),
            span=socket.span,
            path=socket.path,
            related=tuple(Related(f"`{s.ref}` works here", s.span) for s in late),
            help="add `wait_for: all`, which holds the first message until they are there"
            if not context.is_foreign(socket)
            else (
                f"let `{socket.node}` depend on `{late[0].node}`, or hold it until {workers} peers are "
                "connected "
                f"(`ready: {{peers: {{socket: {socket.name}, count: {workers}}}}}` for a Python node)"
            ),
        )
