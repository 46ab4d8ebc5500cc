"""A socket option that libzmq does not have.

## Why

Names are those of zmq_setsockopt(3) in lower case without `ZMQ_`: `sndhwm`, `linger`, `routing_id`. A
misspelt option would be refused when the node starts.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {snd_hwm: 10000}}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {sndhwm: 10000}}
```

## Source

zmq_setsockopt(3), libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.option_findings import findings
from orchestrator.transport.options import OptionFault

CODE: Final = "ZMQ110"
NAME: Final = "unknown-option"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find names that are in no table."""
    return findings(context, CODE, SEVERITY, OptionFault.UNKNOWN)
