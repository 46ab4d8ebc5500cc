"""Without this one node the rest falls apart.

## Why

When a node without replicas is the only way between two parts of the system, its failure cuts them apart:
nothing gets from one to the other until it is back. That may be what is meant (there is one exchange, one
writer), so this is a note, and only made when it is asked for: `--extend-select ZMQ206`.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUSH, bind: tcp://127.0.0.1:5555}
  normaliser:
    command: ./normaliser
    sockets:
      ticks: {type: PULL, connect: feed.ticks}
      clean: {type: PUSH, connect: store.clean}
  store:
    command: ./store
    sockets:
      clean: {type: PULL, bind: tcp://127.0.0.1:5556}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUSH, bind: tcp://127.0.0.1:5555}
  normaliser:
    command: ./normaliser
    replicas: 2
    sockets:
      ticks: {type: PULL, connect: feed.ticks}
      clean: {type: PUSH, connect: store.clean}
  store:
    command: ./store
    sockets:
      clean: {type: PULL, bind: tcp://127.0.0.1:5556}
```

## Source

Articulation points of the graph of nodes and links (Hopcroft and Tarjan, 1973, "Algorithm 447").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.parts import listing
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ206"
NAME: Final = "single-point-of-failure"
SEVERITY: Final = Severity.NOTE


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Every articulation point that is one process."""
    from orchestrator.graph.stats import cuts

    for name, parts in cuts(context.graph).items():
        node = context.topology.nodes.get(name)
        if node is None or node.replicas > 1:
            continue
        apart = " from ".join(
            listing(part[:3]) + (" and others" if len(part) > 3 else "") for part in parts[:2]
        )
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"when `{name}` fails, {apart} is cut off",
            span=node.span,
            path=node.path,
            help="give it `replicas`, or a second way around it; if there can be only one, ignore this note",
        )
