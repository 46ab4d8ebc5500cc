"""A socket names a codec, and its message has another one.

## Why

A message says how it is written: its codec is that of every socket that carries it. A second codec at the
socket either repeats it or contradicts it.

## Bad

```yaml
messages:
  Tick: {codec: json}
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, message: Tick, codec: msgpack}
```

## Good

```yaml
messages:
  Tick: {codec: msgpack}
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, message: Tick}
```

## Source

The language reference, `message` and `codec`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import message_of
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ403"
NAME: Final = "codec-beside-message"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare each socket's codec with that of its message, where it has both."""
    for socket in context.sockets:
        message = message_of(context, socket)
        if message is None or socket.codec is None or socket.codec == message.codec:
            continue
        path: Path = (*socket.path, "codec")
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{socket.ref}` says {socket.codec}, and its message `{message.name}` is "
            f"{message.codec}",
            span=context.topology.place(*path),
            path=path,
            related=(Related(f"`{message.name}` is defined here", message.span),),
            help=f"take `codec` out, or write `codec: {socket.codec}` at `{message.name}`",
        )
