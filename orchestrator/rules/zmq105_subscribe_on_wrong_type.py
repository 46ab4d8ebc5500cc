"""`subscribe` stands at a socket that cannot subscribe.

## Why

Only SUB has subscriptions to set. An XSUB subscribes by the messages it sends, and a PULL gets its share of
everything; on them the key would do nothing.

## Bad

```yaml
nodes:
  source:
    command: ./source
    sockets:
      work: {type: PUSH, bind: tcp://127.0.0.1:5557}
  worker:
    command: ./worker
    sockets:
      work: {type: PULL, connect: source.work, subscribe: [urgent]}
```

## Good

```yaml
nodes:
  source:
    command: ./source
    sockets:
      work: {type: PUB, bind: tcp://127.0.0.1:5557}
  worker:
    command: ./worker
    sockets:
      work: {type: SUB, connect: source.work, subscribe: [urgent]}
```

## Source

zmq_setsockopt(3), ZMQ_SUBSCRIBE, "Applicable socket types".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ105"
NAME: Final = "subscribe-on-wrong-type"
SEVERITY: Final = Severity.ERROR

_REMEDIES: Final = {
    SocketType.PUB: "write `topics` for what it sends; `subscribe` belongs to the SUB at the other end",
    SocketType.XPUB: "write `topics` for what it sends; `subscribe` belongs to the SUB at the other end",
    SocketType.XSUB: "make it SUB, or subscribe by sending a message that begins with byte 1",
    SocketType.PULL: "take it out, or use PUB and SUB where readers choose what they get",
}


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find `subscribe` on anything but SUB."""
    for socket in context.sockets:
        if socket.subscribe is None or socket.type is SocketType.SUB:
            continue
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{socket.ref}` is {socket.type}, and only SUB can have `subscribe`",
            span=context.topology.key_place(*socket.path, "subscribe"),
            path=(*socket.path, "subscribe"),
            help=_REMEDIES.get(socket.type, "take it out"),
        )
