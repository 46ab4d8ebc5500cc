"""`${{ … }}` is not written as a reference is.

## Why

A reference is words joined by dots: `sockets.NAME.address`, `nodes.NODE.sockets.NAME.address`,
`replica.index`, `run.dir`, `node.name`, `topology.name`, `topology.dir`. There is no arithmetic. `$${{`
is a literal `${{`.

## Bad

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web, "--shard=${{ replica.index + 1 }}"]
```

## Good

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web, "--shard=${{ replica.index }}"]
```

## Source

docs/reference: references.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ057"
NAME: Final = "expression-syntax"
SEVERITY: Final = Severity.ERROR
