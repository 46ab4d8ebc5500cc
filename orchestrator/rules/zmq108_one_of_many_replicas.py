"""A literal address reaches only some replicas of the node that binds there.

## Why

With replicas, a fixed `bind` port becomes a range: replica 0 has the port as written, replica 1 the next
one. Who connects to the port as written meets replica 0 alone, and the others are never asked. `connect:
node.socket` means all of them.

## Bad

```yaml
nodes:
  worker:
    command: [./worker, --listen, "${{ sockets.out.address }}"]
    replicas: 4
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5557}
  sink:
    command: ./sink
    sockets:
      in: {type: PULL, connect: tcp://127.0.0.1:5557}
```

## Good

```yaml
nodes:
  worker:
    command: [./worker, --listen, "${{ sockets.out.address }}"]
    replicas: 4
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5557}
  sink:
    command: ./sink
    sockets:
      in: {type: PULL, connect: worker.out}
```

## Source

The language reference, `replicas`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.resolution import Meeting
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ108"
NAME: Final = "one-of-many-replicas"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare, for every bind that is spread over replicas, how many of them anybody connects to."""
    reached: dict[int, list[Meeting]] = {}
    for meeting in context.resolution.meetings:
        if meeting.bind is not None and len(meeting.bind.spots) > 1:
            reached.setdefault(id(meeting.bind), []).append(meeting)
    for meetings in reached.values():
        bind = meetings[0].bind
        assert bind is not None
        if any(m.connect is None or len(m.connect.spots) > 1 for m in meetings):
            continue
        count = sum(m.per_connector for m in meetings)
        if count >= len(bind.spots):
            continue
        connect = meetings[0].connect
        assert connect is not None
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{connect.socket.ref}` connects to {connect.text}, which is {count} of the "
                f"{len(bind.spots)} "
                f"replicas of `{bind.socket.node}`; nobody connects to the others"
            ),
            span=connect.span,
            path=connect.address.path,
            related=(Related(f"`{bind.socket.ref}` binds one address per replica here", bind.span),),
            help=f"write `connect: {bind.socket.ref}` to meet every replica",
        )
