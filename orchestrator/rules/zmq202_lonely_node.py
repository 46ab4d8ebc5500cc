"""A node has sockets, and none of them meets another node's.

## Why

The other nodes of the topology are linked, this one is an island: nothing reaches it, and nothing it sends
arrives. Who talks to programs outside of the topology says so by a link to an external endpoint.

It is told only when every address of the file leads somewhere, because a wrong address makes islands as
well.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555}
  reader:
    command: ./reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""]}
  audit:
    command: ./audit
    sockets:
      log: {type: PULL, bind: tcp://127.0.0.1:5600}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555}
      log: {type: PUSH, connect: audit.log}
  reader:
    command: ./reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""]}
  audit:
    command: ./audit
    sockets:
      log: {type: PULL, bind: tcp://127.0.0.1:5600}
```

## Source

The guide, chapter 2, "Missing Message Problem Solver".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ202"
NAME: Final = "lonely-node"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find nodes without a link in a topology that has some."""
    for node in context.lonely_nodes:
        count = len(node.sockets)
        what = "its socket meets" if count == 1 else f"none of its {count} sockets meets"
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{node.name}` is cut off: {what} {'no other' if count == 1 else 'one'} of this "
            "topology",
            span=node.span,
            path=node.path,
            help=(
                "connect to it, or say who is at the other end: "
                "`endpoints: {NAME: {address: …, external: true}}`"
            ),
        )
