"""`topics` stands at a socket that publishes nothing.

## Why

`topics` says how the messages of a PUB or XPUB begin, so that subscriptions can be checked against it.
Other types do not filter by topic.

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
      ticks: {type: SUB, connect: feed.ticks, subscribe: [AAPL], topics: [AAPL]}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, topics: [AAPL]}
  reader:
    command: ./reader
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [AAPL]}
```

## Source

RFC 29: a publisher filters by the beginning of the first frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ106"
NAME: Final = "topics-on-wrong-type"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find `topics` on anything but PUB and XPUB."""
    for socket in context.sockets:
        if socket.topics is None or socket.type in (SocketType.PUB, SocketType.XPUB):
            continue
        if socket.type is SocketType.SUB and not socket.subscribe:
            continue  # ZMQ104 speaks of it
        reads = socket.type in (SocketType.SUB, SocketType.XSUB)
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{socket.ref}` is {socket.type}, and only PUB and XPUB send topics",
            span=context.topology.key_place(*socket.path, "topics"),
            path=(*socket.path, "topics"),
            help="write `subscribe` for what it wants" if reads else "take it out",
        )
