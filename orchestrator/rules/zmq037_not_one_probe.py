"""A probe asks nothing, or several things.

## Why

A probe has exactly one kind: `heartbeat`, `tcp`, `file`, `log`, `exec`, `zmq`, `peers` or `delay`.

## Bad

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web]
    ready: {tcp: 8080, log: listening}
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

CODE: Final = "ZMQ037"
NAME: Final = "not-one-probe"
SEVERITY: Final = Severity.ERROR
