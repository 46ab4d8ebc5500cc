"""A socket sends, and nobody takes what it sends.

## Why

PUSH, REQ, DEALER and PAIR wait when they have no peer: the first `send()` blocks, or fills a queue and then
blocks. The node stands still, and everything behind it as well.

## Bad

```yaml
nodes:
  source:
    command: ./source
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5557}
  worker:
    command: ./worker
    sockets:
      in: {type: PULL, connect: source.out}
      results: {type: PUSH, bind: tcp://127.0.0.1:5558}
```

## Good

```yaml
nodes:
  source:
    command: ./source
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5557}
  worker:
    command: ./worker
    sockets:
      in: {type: PULL, connect: source.out}
      results: {type: PUSH, bind: tcp://127.0.0.1:5558}
  sink:
    command: ./sink
    sockets:
      results: {type: PULL, connect: worker.results}
```

## Source

RFC 28, 30 and 31: these types block when they have no peer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.compatibility import MUTE, Mute, peers_of

CODE: Final = "ZMQ203"
NAME: Final = "dead-end"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find blocking senders that are bound and that nobody connects to, in nodes that have other links."""
    for socket in context.unmet_sockets:
        if MUTE[socket.type] is not Mute.BLOCK:
            continue
        takers = " or ".join(t.value for t in peers_of(socket.type))
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"nobody connects to `{socket.ref}` ({socket.type}): what it sends has nowhere to "
            "go, and it blocks",
            span=socket.span,
            path=socket.path,
            help=f"connect a {takers} to `{socket.ref}`, or take the socket out",
        )
