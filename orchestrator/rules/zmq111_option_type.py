"""A socket option has a value of the wrong type.

## Why

libzmq takes numbers in fixed units (milliseconds, bytes, messages), switches, and text. Many wrong types it
takes without an error and does something else.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {linger: 1s}}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, options: {linger: 1000}}
```

## Source

zmq_setsockopt(3), "Option value type".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.option_findings import findings
from orchestrator.transport.options import OptionFault

CODE: Final = "ZMQ111"
NAME: Final = "option-type"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find values of another type than the option takes."""
    return findings(context, CODE, SEVERITY, OptionFault.TYPE)
