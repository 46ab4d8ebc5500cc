"""A probe or `dead_letter` names a socket that its node does not have.

## Why

`tcp`, `zmq` and `peers` ask at one of the node's own sockets, and `dead_letter` sends by one. `tcp` also
takes a port, or `host:port`.

## Bad

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web]
    ready: {tcp: http}
```

## Good

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web]
    ready: {tcp: 8080}
```

## Source

docs/reference: ready.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ053"
NAME: Final = "unknown-socket"
SEVERITY: Final = Severity.ERROR
