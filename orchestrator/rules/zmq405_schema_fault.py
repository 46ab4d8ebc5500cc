"""A message's schema is no JSON Schema.

## Why

What a schema says is what both ends of a link are held to. A misspelt type refuses every message or none, and
a misspelt keyword means nothing at all: JSON Schema ignores what it does not know. An unknown keyword that
resembles a known one, and a range that nothing fits, are warnings.

## Bad

```yaml
messages:
  Tick:
    codec: json
    schema:
      type: object
      properties:
        price: {type: float}
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
    schema:
      type: object
      properties:
        price: {type: number}
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, message: Tick}
```

## Source

JSON Schema 2020-12, Core and Validation; what drafts 4 to 7 allow is right as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ405"
NAME: Final = "schema-fault"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Look at every schema that is written out."""
    for message in context.topology.messages.values():
        for fault in context.schema_faults.get(message.name, ()):
            path: Path = (*message.path, "schema", *fault.path)
            place = context.topology.place if fault.strict else context.topology.key_place
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY if fault.strict else Severity.WARNING,
                message=f"the schema of `{message.name}`: {fault.fact}",
                span=place(*path),
                path=path,
                help=fault.remedy,
            )
