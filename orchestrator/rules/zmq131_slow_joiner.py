"""A task publishes as soon as it has started, before its subscribers are there.

## Why

A PUB sends to the subscribers it has at that moment. Connecting and subscribing takes some milliseconds; a
task that publishes at once, and ends by itself, has sent its first messages (often all of them) to nobody.

A second link between the two nodes counts as a way to wait for each other, and so do `depends_on` the
subscriber, `ready: {peers: …}`, `wait_for` of a Python node's socket, and `stdin`, which holds a program
until it is read.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    kind: task
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      in: {type: SUB, connect: feed.out, subscribe: [""]}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    kind: task
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555}
      sync: {type: REP, bind: tcp://127.0.0.1:5556}
  client:
    command: ./client
    sockets:
      in: {type: SUB, connect: feed.out, subscribe: [""]}
      sync: {type: REQ, connect: feed.sync}
```

## Source

The guide, chapter 1, "Getting the Message Out", and chapter 2, "Node Coordination". Measured: of 1000
messages sent at once, none arrived; with an XPUB that waits for the subscription, all did.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.parts import listing
from orchestrator.rules.context import RuleContext
from orchestrator.rules.gates import ungated
from orchestrator.vocabulary import NodeKind, SocketType

CODE: Final = "ZMQ131"
NAME: Final = "slow-joiner"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find tasks with a PUB that nothing holds back."""
    for socket in context.sockets:
        if socket.type is not SocketType.PUB or context.node_of(socket).kind is not NodeKind.TASK:
            continue
        late = ungated(context, socket, (SocketType.SUB, SocketType.XSUB))
        if not late:
            continue
        names = listing(dict.fromkeys(s.ref for s in late))
        verb = "is" if len({s.ref for s in late}) == 1 else "are"
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{socket.node}` is a task that publishes on `{socket.name}`, and nothing holds it "
                f"until {names} "
                f"{verb} connected: its first messages are lost"
            ),
            span=socket.span,
            path=socket.path,
            related=tuple(Related(f"`{s.ref}` subscribes here", s.span) for s in late),
            help="add `wait_for: all`, which holds the first message until they are there"
            if not context.is_foreign(socket)
            else (
                "make it XPUB and wait for a subscription, join the two by a REQ/REP pair that says `I "
                "am there`, "
                f"or let `{socket.node}` depend on `{late[0].node}`"
            ),
        )
