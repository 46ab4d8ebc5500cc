"""A socket neither binds nor connects.

## Why

It can meet nobody, and nobody can meet it. One side of every link binds, usually the one that stays; the
other connects.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555}
```

## Source

The guide, chapter 2, "Plugging Sockets into the Topology".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ107"
NAME: Final = "socket-without-address"
SEVERITY: Final = Severity.ERROR

_BINDERS: Final = (SocketType.PUB, SocketType.XPUB, SocketType.REP, SocketType.ROUTER, SocketType.PULL)
"""Types whose node usually is the one that stays."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find sockets without `bind` and `connect`."""
    for socket in context.sockets:
        if socket.binds or socket.connects:
            continue
        usual = "`bind: auto`" if socket.type in _BINDERS else "`connect: node.socket`"
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{socket.ref}` ({socket.type}) neither binds nor connects, so it meets nobody",
            span=socket.span,
            path=socket.path,
            help=f"add `bind` or `connect`; {usual} is usual for a {socket.type}",
        )
