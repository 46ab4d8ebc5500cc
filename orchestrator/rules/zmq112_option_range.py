"""A socket option has a value that cannot be.

## Why

Each option has its limits: a high-water mark is not negative, a routing id has 1 to 255 bytes and does not
begin with a zero byte, `tcp_keepalive` is -1, 0 or 1.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {sndhwm: -1}}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {sndhwm: 0}}
```

## Source

zmq_setsockopt(3); libzmq, `options.cpp`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.option_findings import findings
from orchestrator.transport.options import OptionFault

CODE: Final = "ZMQ112"
NAME: Final = "option-range"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find values outside their limits."""
    return findings(context, CODE, SEVERITY, OptionFault.RANGE)
