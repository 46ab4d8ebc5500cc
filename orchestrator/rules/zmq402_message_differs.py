"""The two ends of a link declare different messages.

## Why

Both ends name a contract, the codec is the same, and what it describes is not: the file of the schema or the
protobuf type differs. Messages arrive and are taken for something else. Two names for the same contract are
no finding; JSON Schemas, and `.proto` files that can be read, are compared in detail (ZMQ407, ZMQ408).

## Bad

```yaml
messages:
  Tick: {codec: protobuf, schema: market.messages_pb2, type: market.Tick}
  Order: {codec: protobuf, schema: market.messages_pb2, type: market.Order}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5555, message: Tick}
  gateway:
    run: market.gateway:Gateway
    sockets:
      in: {type: PULL, connect: feed.out, message: Order}
```

## Good

```yaml
messages:
  Order: {codec: protobuf, schema: market.messages_pb2, type: market.Order}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5555, message: Order}
  gateway:
    run: market.gateway:Gateway
    sockets:
      in: {type: PULL, connect: feed.out, message: Order}
```

## Source

The language reference, `messages`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Message
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import are_json_schemas, distinct_pairs, message_of, place_of, protos_of

CODE: Final = "ZMQ402"
NAME: Final = "message-differs"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the contracts of both ends, where both name one and the codecs agree."""
    for binder, connector in distinct_pairs(context):
        theirs, ours = message_of(context, binder), message_of(context, connector)
        if theirs is None or ours is None or theirs.codec != ours.codec:
            continue
        what = _difference(context, ours, theirs)
        if what is None:
            continue
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{connector.ref}` carries `{ours.name}`, and `{binder.ref}` at the other end "
                f"`{theirs.name}`: "
                f"their {what}"
            ),
            span=place_of(context, connector),
            path=connector.path,
            related=(
                Related(f"`{binder.ref}` is declared here", place_of(context, binder)),
                Related(f"`{ours.name}` is defined here", ours.span),
                Related(f"`{theirs.name}` is defined here", theirs.span),
            ),
            help="name the same message at both ends",
        )


def _difference(context: RuleContext, ours: Message, theirs: Message) -> str | None:
    """Where two contracts part; one that has no schema (or no type) fits any.

    What can be compared in detail is: JSON Schemas by ZMQ407, `.proto` files by ZMQ408.
    """
    if are_json_schemas(ours, theirs) or protos_of(context, ours, theirs) is not None:
        return None
    if ours.type is not None and theirs.type is not None and ours.type != theirs.type:
        return f"types differ ({ours.type} and {theirs.type})"
    if ours.schema is not None and theirs.schema is not None and ours.schema != theirs.schema:
        return "schemas differ"
    return None
