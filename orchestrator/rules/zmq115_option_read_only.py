"""A socket option that can only be read.

## Why

`fd`, `events`, `last_endpoint` and a few more tell about a socket; they cannot be set.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {last_endpoint: tcp://127.0.0.1:5555}}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {linger: 0}}
```

## Source

zmq_getsockopt(3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.option_findings import findings
from orchestrator.transport.options import OptionFault

CODE: Final = "ZMQ115"
NAME: Final = "option-read-only"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find options that cannot be set."""
    return findings(context, CODE, SEVERITY, OptionFault.READ_ONLY)
