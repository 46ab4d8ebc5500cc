"""A socket option that this socket type refuses.

## Why

libzmq answers EINVAL, and the node fails at its start.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {router_mandatory: true}}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: ROUTER, bind: tcp://127.0.0.1:5555, options: {router_mandatory: true}}
```

## Source

zmq_setsockopt(3), "Applicable socket types"; tried on every type with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.option_findings import findings
from orchestrator.transport.options import OptionFault

CODE: Final = "ZMQ113"
NAME: Final = "option-refused"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find options that their socket type refuses."""
    return findings(context, CODE, SEVERITY, OptionFault.REFUSED)
