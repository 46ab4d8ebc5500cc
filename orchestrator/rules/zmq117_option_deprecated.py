"""A socket option that libzmq keeps for old programs only.

## Why

It works, and a better one has taken its place.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {ipv4only: false}}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {ipv6: true}}
```

## Source

zmq_setsockopt(3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.option_findings import findings
from orchestrator.transport.options import OptionFault

CODE: Final = "ZMQ117"
NAME: Final = "option-deprecated"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find deprecated options."""
    return findings(context, CODE, SEVERITY, OptionFault.DEPRECATED)
