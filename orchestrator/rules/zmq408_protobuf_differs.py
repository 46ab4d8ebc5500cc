"""A receiver reads the fields of a protobuf message otherwise than its sender writes them.

## Why

On the wire a protobuf field is its number and a rough form, no name and no type. Two messages of different
`.proto` files, or two versions of one, can be read for each other only where the numbers and types fit. Where
they do not, nothing fails: the reader sees an empty field, or another value.

Compared are messages whose files can be read and define them; types that they import are left out. The same
number under another name is a warning.

## Bad

```yaml
messages:
  Order: {codec: protobuf, schema: order.proto, type: trading.Order}
  OrderV2: {codec: protobuf, schema: order_v2.proto, type: trading.v2.Order}
nodes:
  strategy:
    run: market.strategy:Strategy
    sockets:
      orders: {type: PUSH, connect: gateway.orders, message: Order}
  gateway:
    run: market.gateway:Gateway
    sockets:
      orders: {type: PULL, bind: tcp://127.0.0.1:5557, message: OrderV2}
```

```proto
// order.proto
syntax = "proto3";
package trading;
message Order { string symbol = 1; double price = 2; }
```

```proto
// order_v2.proto
syntax = "proto3";
package trading.v2;
message Order { string symbol = 1; int64 price = 2; }
```

## Good

```yaml
messages:
  Order: {codec: protobuf, schema: order.proto, type: trading.Order}
  OrderV3: {codec: protobuf, schema: order_v3.proto, type: trading.v3.Order}
nodes:
  strategy:
    run: market.strategy:Strategy
    sockets:
      orders: {type: PUSH, connect: gateway.orders, message: Order}
  gateway:
    run: market.gateway:Gateway
    sockets:
      orders: {type: PULL, bind: tcp://127.0.0.1:5557, message: OrderV3}
```

```proto
// order_v3.proto
syntax = "proto3";
package trading.v3;
message Order { string symbol = 1; double price = 2; int64 quantity = 3; }
```

## Source

Protocol Buffers, "Updating A Message Type" and "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Message, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import deliveries, message_of, place_of, protos_of
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ408"
NAME: Final = "protobuf-differs"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the protobuf messages of both ends, each pair of messages once."""
    told: set[tuple[str, str]] = set()
    for sender, receiver in deliveries(context):
        ours, theirs = message_of(context, sender), message_of(context, receiver)
        if ours is None or theirs is None or (ours.name, theirs.name) in told:
            continue
        told.add((ours.name, theirs.name))
        found = protos_of(context, ours, theirs)
        if found is None:
            continue
        from orchestrator.codecs.proto_parting import partings

        assert ours.type is not None and theirs.type is not None
        for parting in partings(found[0], ours.type, found[1], theirs.type):
            fact = f"`{'.'.join(parting.where)}` {parting.fact}"
            severity = SEVERITY if parting.strict else Severity.WARNING
            yield _finding(context, sender, receiver, (ours, theirs), fact, severity)


def _finding(
    context: RuleContext,
    sender: Socket,
    receiver: Socket,
    messages: tuple[Message, Message],
    fact: str,
    severity: Severity,
) -> Diagnostic:
    ours, theirs = messages
    path: Path = (*theirs.path, "type")
    return Diagnostic(
        code=CODE,
        severity=severity,
        message=f"`{sender.ref}` sends `{ours.name}`, and `{receiver.ref}` takes it for `{theirs.name}`: "
        f"{fact}",
        span=context.topology.place(*path),
        path=path,
        related=(
            Related(f"`{sender.ref}` sends {ours.type}", place_of(context, sender)),
            Related(f"`{receiver.ref}` expects {theirs.type}", place_of(context, receiver)),
        ),
        help=f"name the same message at both ends, or make {theirs.schema} fit {ours.schema}",
    )
