"""A message's schema or type is of no use to its codec.

## Why

A `schema` is a JSON Schema for json, msgpack and cbor, the path of a `.proto` file (or the name of a
generated module) for protobuf, and an Avro schema or the path of an `.avsc` file for avro; a `type` names a
message of protobuf or avro. Of anything else nobody takes notice: the contract looks like one and checks
nothing. With protobuf, a node of ours that carries it does not start: an error. What the codec of another
package makes of them is its own business. `check: always` without a `schema` checks nothing either.

## Bad

```yaml
messages:
  Tick: {codec: json, schema: schemas/tick.json}
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, message: Tick}
```

## Good

```yaml
messages:
  Tick:
    codec: json
    schema: {type: object, required: [symbol, price]}
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, message: Tick}
```

## Source

The language reference, `schema` and `type`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Message
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import JSON_LIKE
from orchestrator.vocabulary import CodecName, Path
from orchestrator.wire.qos import Check

CODE: Final = "ZMQ406"
NAME: Final = "schema-not-for-codec"
SEVERITY: Final = Severity.WARNING

_TYPED: Final = (CodecName.PROTOBUF, CodecName.AVRO)


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare each message's `schema` and `type` with its codec."""
    for message in context.topology.messages.values():
        if "." in message.codec:  # another package's
            continue
        if message.schema is not None and (told := _of_schema(message)) is not None:
            severity = Severity.ERROR if _stops_a_node(context, message) else SEVERITY
            yield _finding(context, message, "schema", *told, severity)
        if message.check is Check.ALWAYS and message.schema is None:
            remedy = "add a `schema`, or take it out"
            yield _finding(
                context, message, "check", "has no `schema` to check payloads by", remedy, SEVERITY
            )
        if message.type is not None and message.codec not in _TYPED:
            fact = f"names a protobuf message, and its codec is {message.codec}"
            yield _finding(
                context, message, "type", fact, "take it out, or write `codec: protobuf`", SEVERITY
            )


def _of_schema(message: Message) -> tuple[str, str] | None:
    """The fact and the remedy, where the schema is not for the codec."""
    if message.codec == CodecName.PROTOBUF:
        if isinstance(message.schema, str):
            return None
        return "is a JSON Schema, and its codec is protobuf", "name a `.proto` file, or a generated module"
    if message.codec == CodecName.AVRO:
        return None
    if message.codec in JSON_LIKE:
        if isinstance(message.schema, dict):
            return None
        what = f"is the text `{message.schema}`, which nobody reads"
        return what, f"for {message.codec} write the JSON Schema itself here, as a mapping"
    return f"checks nothing: its codec is {message.codec}", "take it out, or write `codec: json`"


def _stops_a_node(context: RuleContext, message: Message) -> bool:
    """Whether a node of ours has to make a codec of it."""
    if message.codec != CodecName.PROTOBUF:
        return False
    return any(s.message == message.name and not context.is_foreign(s) for s in context.sockets)


def _finding(
    context: RuleContext, message: Message, key: str, fact: str, remedy: str, severity: Severity
) -> Diagnostic:
    path: Path = (*message.path, key)
    return Diagnostic(
        code=CODE,
        severity=severity,
        message=f"`{key}` of `{message.name}` {fact}",
        span=context.topology.place(*path),
        path=path,
        help=remedy,
    )
