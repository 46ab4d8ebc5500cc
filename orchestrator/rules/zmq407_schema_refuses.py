"""A receiver's schema refuses what the sender's schema allows.

## Why

Both ends of a link name a message of their own, and their schemas differ. That is fine as long as the
receiver takes whatever the sender may send: a consumer may ask for less than a producer gives. Here it asks
for more, or for something else, and some day such a message arrives. Shown are the keyword that refuses and
the place that allows it, with an example that was tried on both.

Keys, types and choices are errors; ranges, lengths and patterns are warnings, since a schema often allows
more of them than is ever sent. What a schema does not speak of is taken to fit, and keys that the sender's
schema does not name are taken not to be sent. Where messages go both ways, each end has to fit the other.

## Bad

```yaml
messages:
  Quote:
    codec: json
    schema: {type: object, required: [symbol], properties: {price: {type: [number, "null"]}}}
  Tick:
    codec: json
    schema: {type: object, required: [symbol], properties: {price: {type: number}}}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      quotes: {type: PUB, bind: tcp://127.0.0.1:5555, message: Quote}
  strategy:
    run: market.strategy:Strategy
    sockets:
      ticks: {type: SUB, connect: feed.quotes, subscribe: [""], message: Tick}
```

## Good

```yaml
messages:
  Quote:
    codec: json
    schema: {type: object, required: [symbol, price], properties: {price: {type: integer}}}
  Tick:
    codec: json
    schema: {type: object, required: [symbol], properties: {price: {type: number}}}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      quotes: {type: PUB, bind: tcp://127.0.0.1:5555, message: Quote}
  strategy:
    run: market.strategy:Strategy
    sockets:
      ticks: {type: SUB, connect: feed.quotes, subscribe: [""], message: Tick}
```

## Source

JSON Schema 2020-12, Validation; "schema compatibility" as Avro and Confluent's registry use the word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Message, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import are_json_schemas, deliveries, message_of, place_of
from orchestrator.vocabulary import Path

if TYPE_CHECKING:
    from orchestrator.spec.containment import Gap

CODE: Final = "ZMQ407"
NAME: Final = "schema-refuses"
SEVERITY: Final = Severity.ERROR

_EXAMPLE: Final = 100
"""Characters of an example that are shown."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the schemas of both ends, each pair of messages once."""
    told: set[tuple[str, str]] = set()
    for sender, receiver in deliveries(context):
        ours, theirs = message_of(context, sender), message_of(context, receiver)
        if ours is None or theirs is None or (ours.name, theirs.name) in told:
            continue
        told.add((ours.name, theirs.name))
        if _can_be_compared(context, ours, theirs):
            from orchestrator.spec.containment import gaps  # loads jsonschema where schemas part

            for gap in gaps(ours.schema, theirs.schema):
                yield _finding(context, sender, receiver, ours, theirs, gap)


def _can_be_compared(context: RuleContext, ours: Message, theirs: Message) -> bool:
    if ours.schema == theirs.schema or not are_json_schemas(ours, theirs):
        return False
    return not any(
        fault.strict for message in (ours, theirs) for fault in context.schema_faults.get(message.name, ())
    )


def _finding(
    context: RuleContext, sender: Socket, receiver: Socket, ours: Message, theirs: Message, gap: Gap
) -> Diagnostic:
    path: Path = (*theirs.path, "schema", *gap.receiver)
    place = context.topology.place
    example = json.dumps(gap.example, ensure_ascii=False, default=str)
    cut = example if len(example) <= _EXAMPLE else f"{example[: _EXAMPLE - 1]}…"
    return Diagnostic(
        code=CODE,
        severity=SEVERITY if gap.strict else Severity.WARNING,
        message=f"`{sender.ref}` sends `{ours.name}`, and `{receiver.ref}` takes it for `{theirs.name}`: "
        f"{_where(gap.where)} {gap.fact}",
        span=place(*path),
        path=path,
        related=(
            Related(f"`{ours.name}` allows it here", place(*ours.path, "schema", *gap.sender)),
            Related(f"`{sender.ref}` sends `{ours.name}`", place_of(context, sender)),
            Related(f"`{receiver.ref}` expects `{theirs.name}`", place_of(context, receiver)),
        ),
        help=f"let `{theirs.name}` accept it, or `{ours.name}` rule it out; refused is, for example, {cut}",
    )


def _where(path: Path) -> str:
    """`price`, `orders[].price`, or the message itself."""
    text = ""
    for part in path:
        text += "[]" if isinstance(part, int) else f".{part}"
    return f"`{text.lstrip('.')}`" if text else "the message"
