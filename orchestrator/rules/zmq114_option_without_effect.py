"""A socket option that has no effect on this socket type.

## Why

libzmq takes most options on every type, and ignores them where they mean nothing: the setting looks made
and is not.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: REP, bind: tcp://127.0.0.1:5555, options: {conflate: true}}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {conflate: true}}
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

CODE: Final = "ZMQ114"
NAME: Final = "option-without-effect"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find options that their socket type ignores."""
    return findings(context, CODE, SEVERITY, OptionFault.NO_EFFECT)
