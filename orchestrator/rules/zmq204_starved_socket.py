"""A socket only receives, and nobody sends to it.

## Why

A PULL or SUB that nobody connects to waits for ever. Where senders outside of the topology connect to it,
an external endpoint says so.

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
      control: {type: SUB, bind: tcp://127.0.0.1:5558, subscribe: [""]}
```

## Good

```yaml
nodes:
  source:
    command: ./source
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5557}
      control: {type: PUB, connect: worker.control}
  worker:
    command: ./worker
    sockets:
      in: {type: PULL, connect: source.out}
      control: {type: SUB, bind: tcp://127.0.0.1:5558, subscribe: [""]}
```

## Source

The guide, chapter 2, "Missing Message Problem Solver".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.compatibility import peers_of
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ204"
NAME: Final = "starved-socket"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find receivers that are bound and that nobody connects to, in nodes that have other links."""
    for socket in context.unmet_sockets:
        if socket.type not in (SocketType.PULL, SocketType.SUB):
            continue
        senders = " or ".join(t.value for t in peers_of(socket.type))
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"nobody connects to `{socket.ref}` ({socket.type}), so it never receives anything",
            span=socket.span,
            path=socket.path,
            help=f"connect a {senders} to `{socket.ref}`, or take the socket out",
        )
