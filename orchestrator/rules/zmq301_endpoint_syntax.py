"""An address is not written as ZeroMQ wants it.

## Why

libzmq wants `tcp://ADDRESS:PORT`, `ipc://PATH` or `inproc://NAME`, to the letter. A missing port, one
slash, a dot for a colon or a slash behind the port is EINVAL when the node starts.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "tcp://*.5570"}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:5570"}
```

## Source

zmq_tcp(7), zmq_ipc(7), zmq_inproc(7); tried with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.broken_addresses import findings
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import ProblemKind

CODE: Final = "ZMQ301"
NAME: Final = "endpoint-syntax"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find addresses that cannot be taken apart."""
    return findings(context, CODE, SEVERITY, ProblemKind.SYNTAX)
