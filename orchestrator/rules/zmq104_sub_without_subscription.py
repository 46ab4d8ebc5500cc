"""A SUB socket subscribes to nothing, so it receives nothing.

## Why

A new SUB filters out every message until it subscribes. Forgetting that is the most common mistake with
publish-subscribe, and it shows as silence.

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
      ticks: {type: SUB, connect: feed.ticks}
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
      ticks: {type: SUB, connect: feed.ticks, subscribe: [""]}
```

## Source

zmq_setsockopt(3), ZMQ_SUBSCRIBE: "Newly created ZMQ_SUB sockets shall filter out all incoming messages";
the guide, chapter 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.transport.compatibility import compatible
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ104"
NAME: Final = "sub-without-subscription"
SEVERITY: Final = Severity.ERROR


_ADD: Final = 'add `subscribe: [""]` for everything, or the beginnings of the topics it wants'
_RENAME: Final = "rename `topics` to `subscribe`; `topics` are what a PUB sends"


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find SUB sockets without `subscribe`."""
    for socket in context.sockets:
        if socket.type is not SocketType.SUB or socket.subscribe or _has_other_worries(context, socket):
            continue
        if option_of(socket.options, "subscribe") is None:
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{socket.ref}` (SUB) subscribes to nothing, so it will never receive anything",
                span=socket.span,
                path=socket.path,
                help=_RENAME if socket.topics is not None else _ADD,
            )


def _has_other_worries(context: RuleContext, socket: Socket) -> bool:
    """Whether none of its peers can talk to a SUB at all: it is probably meant to be another type."""
    peers = [peer.type for _, peer in context.peers(socket)]
    return bool(peers) and not any(compatible(SocketType.SUB, peer) for peer in peers)
