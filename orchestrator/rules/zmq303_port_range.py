"""A port is not between 1 and 65535.

## Why

libzmq does not check. `bind tcp://*:70000` takes port 4464 (70000 modulo 65536), and `connect` to it raises
no error either. With replicas, the last port of the range counts.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:70000"}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:7000"}
```

## Source

Measured with libzmq 4.3.5: `tcp://*:99999` binds port 34463.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.broken_addresses import findings
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import ProblemKind

CODE: Final = "ZMQ303"
NAME: Final = "port-range"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find ports that cannot be."""
    return findings(context, CODE, SEVERITY, ProblemKind.PORT_RANGE)
