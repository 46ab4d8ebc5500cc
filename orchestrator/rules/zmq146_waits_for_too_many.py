"""A socket waits for more peers than can come.

## Why

With `wait_for` the first message is held until so many peers are there. Where the topology declares fewer,
and nobody from outside comes, it is held for ever, or until the timeout fails the node.

At a bound socket others may connect that the file does not know: then this is a warning.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, codec: json, wait_for: 3}
  reader:
    run: market.reader:Reader
    replicas: 2
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""], codec: json}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, codec: json, wait_for: all}
  reader:
    run: market.reader:Reader
    replicas: 2
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""], codec: json}
```

## Source

The language reference, `wait_for`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.promises import expected_peers
from orchestrator.rules.context import RuleContext
from orchestrator.rules.promising import promising

CODE: Final = "ZMQ146"
NAME: Final = "waits-for-too-many"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare `wait_for` with the peers that the topology declares."""
    waiting = [s for s in promising(context) if s.qos.wait_for is not None and s.type.sends]
    if not waiting or not context.resolution.is_sound:
        return
    expected = expected_peers(context.topology, context.resolution)
    for socket in waiting:
        if context.is_foreign(socket) or any("${{" in a.text for a in (*socket.binds, *socket.connects)):
            continue
        if any(meeting.link.endpoint is not None for meeting in context.resolution.of(socket)):
            continue  # who is outside is not known
        wanted = socket.qos.wait_for.count if socket.qos.wait_for is not None else None
        there = expected.get(socket.ref, 0)
        if wanted is None or wanted <= there:
            continue
        path = (*socket.path, "wait_for")
        declared = f"{there} are declared" if there != 1 else "one is declared"
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY if socket.binds else Severity.ERROR,
            message=f"`{socket.ref}` waits for {wanted} peers, and {declared}: the first message is held",
            span=context.topology.place(*path),
            path=path,
            help=f"write `wait_for: all`{f', or {there} or less' if there else ''}",
        )
