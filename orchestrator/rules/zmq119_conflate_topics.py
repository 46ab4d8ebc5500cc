"""`conflate` is set on a SUB with several subscriptions.

## Why

`conflate` keeps one message in all, not one per topic: what came last under one topic pushes out what came
under the others. It also keeps one frame, so a message with a topic frame of its own arrives without its
payload or its topic.

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
      ticks: {type: SUB, connect: feed.ticks, subscribe: [AAPL, MSFT], options: {conflate: true}}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555}
  reader:
    command: ./reader
    sockets:
      aapl: {type: SUB, connect: feed.ticks, subscribe: [AAPL], options: {conflate: true}}
      msft: {type: SUB, connect: feed.ticks, subscribe: [MSFT], options: {conflate: true}}
```

## Source

zmq_setsockopt(3), ZMQ_CONFLATE; libzmq issues 1688, 3323 and 4399.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ119"
NAME: Final = "conflate-topics"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find conflating SUB sockets with more than one subscription."""
    for socket in context.sockets:
        if socket.type is not SocketType.SUB or len(socket.subscribe or ()) < 2:
            continue
        if option_of(socket.options, "conflate"):
            path = context.option_path(socket, "conflate")
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=(
                    f"`{socket.ref}` keeps the last message of all its {len(socket.subscribe or ())} "
                    "subscriptions "
                    "together, not of each"
                ),
                span=context.topology.key_place(*path),
                path=path,
                help="use one SUB per topic",
            )
