"""An address names a transport that ZeroMQ does not have.

## Why

libzmq knows tcp, ipc, inproc, udp, pgm, epgm, norm, ws, wss, tipc, vmci and vsock, in lower case. Anything
else is EPROTONOSUPPORT when the node starts.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "tpc://127.0.0.1:5555"}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:5555"}
```

## Source

zmq_bind(3), zmq_connect(3); tried with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.broken_addresses import findings
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import ProblemKind

CODE: Final = "ZMQ302"
NAME: Final = "unknown-transport"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find addresses with a scheme that is no transport."""
    return findings(context, CODE, SEVERITY, ProblemKind.TRANSPORT)
