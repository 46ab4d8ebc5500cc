"""A Python node speaks protobuf, and nothing says which message.

## Why

The bytes of a protobuf message do not tell its type: who reads or writes them needs the `.proto` file and the
full name of the message. A Python node gets both from the message that its socket names, and fails at its
start without them. A foreign program brings its own.

## Bad

```yaml
nodes:
  gateway:
    run: trading.gateway:Gateway
    sockets:
      orders: {type: PULL, bind: tcp://127.0.0.1:5555, codec: protobuf}
```

## Good

```yaml
messages:
  Order: {codec: protobuf, schema: protos/order.proto, type: trading.Order}
nodes:
  gateway:
    run: trading.gateway:Gateway
    sockets:
      orders: {type: PULL, bind: tcp://127.0.0.1:5555, message: Order}
```

## Source

Protocol Buffers, "Encoding"; the language reference, `messages`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Message, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import codec_of, message_of
from orchestrator.span import Span
from orchestrator.vocabulary import CodecName, Path

CODE: Final = "ZMQ404"
NAME: Final = "protobuf-without-type"
SEVERITY: Final = Severity.ERROR

_EXAMPLE: Final = "{codec: protobuf, schema: protos/order.proto, type: trading.Order}"


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find sockets of Python nodes with the codec protobuf and no type; a message is told once."""
    told: set[str] = set()
    for socket in context.sockets:
        if context.is_foreign(socket) or codec_of(context, socket) != CodecName.PROTOBUF:
            continue
        message = message_of(context, socket)
        if message is None:
            path: Path = (*socket.path, "codec")
            yield _of_socket(socket, context.topology.place(*path), path)
        elif (message.schema is None or message.type is None) and message.name not in told:
            told.add(message.name)
            yield _of_message(message, socket)


def _of_socket(socket: Socket, span: Span, path: Path) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{socket.ref}` speaks protobuf, and nothing says which message",
        span=span,
        path=path,
        help=f"declare it, `messages: {{NAME: {_EXAMPLE}}}`, and write `message: NAME` here",
    )


def _of_message(message: Message, socket: Socket) -> Diagnostic:
    missing = [key for key in ("schema", "type") if getattr(message, key) is None]
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"the message `{message.name}` has no {' and no '.join(f'`{k}`' for k in missing)}, and "
        f"`{socket.ref}` has to write or read it",
        span=message.span,
        path=message.path,
        help=f"for example `{message.name}: {_EXAMPLE}`",
    )
