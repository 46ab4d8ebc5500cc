"""A Python node speaks avro, and nothing says which schema.

## Why

The bytes of an Avro value tell neither its fields nor their types: who reads or writes them needs the
schema. A Python node gets it from the message that its socket names, and fails at its start without it. A
foreign program brings its own.

## Bad

```yaml
nodes:
  gateway:
    run: trading.gateway:Gateway
    sockets:
      orders: {type: PULL, bind: tcp://127.0.0.1:5555, codec: avro}
```

## Good

```yaml
messages:
  Order: {codec: avro, schema: schemas/order.avsc}
nodes:
  gateway:
    run: trading.gateway:Gateway
    sockets:
      orders: {type: PULL, bind: tcp://127.0.0.1:5555, message: Order}
```

## Source

Apache Avro Specification, "Data Serialization and Deserialization"; the language reference, `messages`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import codec_of, message_of
from orchestrator.vocabulary import CodecName, Path

CODE: Final = "ZMQ414"
NAME: Final = "avro-without-schema"
SEVERITY: Final = Severity.ERROR

_EXAMPLE: Final = "{codec: avro, schema: schemas/order.avsc}"


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find sockets of Python nodes with the codec avro and no schema; a message is told once."""
    told: set[str] = set()
    for socket in context.sockets:
        if context.is_foreign(socket) or codec_of(context, socket) != CodecName.AVRO:
            continue
        message = message_of(context, socket)
        if message is not None and (message.schema is not None or message.name in told):
            continue
        path: Path = (*(socket.path if message is None else message.path), "codec")
        whose = f"`{socket.ref}` speaks avro" if message is None else f"the codec of `{message.name}` is avro"
        related = () if message is None else (Related(f"`{socket.ref}` carries it", socket.span),)
        if message is not None:
            told.add(message.name)
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"{whose}, and nothing says which schema",
            span=context.topology.place(*path),
            path=path,
            related=related,
            help=f"name a message such as {_EXAMPLE}" if message is None else "add its `schema`",
        )
