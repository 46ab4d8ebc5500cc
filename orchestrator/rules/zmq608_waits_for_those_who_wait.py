"""A node waits for peers that wait for the node.

## Why

`ready: {peers: …}` holds a node until so many peers are connected. Where all nodes that could connect wait,
by `depends_on`, for this one to be ready, nobody ever connects.

## Bad

```yaml
nodes:
  feed:
    run: app:Feed
    ready: {peers: {socket: out, count: 1}}
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5555}
  worker:
    run: app:Worker
    depends_on: [feed]
    sockets:
      in: {type: PULL, connect: feed.out}
```

## Good

```yaml
nodes:
  feed:
    run: app:Feed
    ready: {peers: {socket: out, count: 1}}
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5555}
  worker:
    run: app:Worker
    depends_on: {feed: {condition: started}}
    sockets:
      in: {type: PULL, connect: feed.out}
```

## Source

The language reference, `ready` and `depends_on`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Dependency, Node, PeersProbe
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import Condition

CODE: Final = "ZMQ608"
NAME: Final = "waits-for-those-who-wait"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare peers probes with the dependencies of the peers."""
    for node in context.topology.nodes.values():
        if node.ready is None or not isinstance(node.ready.kind, PeersProbe):
            continue
        wanted = node.ready.kind
        socket = node.sockets.get(wanted.socket)
        if socket is None or any(m.other(socket) is None for m in context.resolution.of(socket)):
            continue
        free = 0
        waiting: list[Dependency] = []
        for meeting, other in context.peers(socket):
            count = meeting.per_binder if meeting.link.binder is socket else meeting.per_connector
            dependency = _waits(context.node_of(other), node)
            if dependency is None:
                free += count
            else:
                waiting.append(dependency)
        if waiting and free < wanted.count:
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=(
                    f"`{node.name}` is ready when `{wanted.socket}` has {wanted.count} "
                    f"{'peer' if wanted.count == 1 else 'peers'}, and {_who(free)} connect before it is ready"
                ),
                span=context.topology.place(*node.ready.path),
                path=node.ready.path,
                related=tuple(Related(f"waits for `{node.name}` here", d.span) for d in waiting),
                help=f"let them wait for less: `depends_on: {{{node.name}: {{condition: started}}}}`",
            )


def _waits(other: Node, node: Node) -> Dependency | None:
    late = (Condition.READY, Condition.HEALTHY, Condition.COMPLETED)
    return next((d for d in other.depends_on if d.node == node.name and d.condition in late), None)


def _who(free: int) -> str:
    return "none can" if free == 0 else f"only {free} can"
