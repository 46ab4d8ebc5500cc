"""The baseline holds a finding that is not there any more.

## Why

It has been mended, or its node was renamed or removed. As long as the entry stays, the same finding could
come back unseen. `orchestrator validate --write-baseline` writes the file without it.

## Bad

```json
{
  "version": 1,
  "findings": [
    {"file": "topology.yaml", "code": "ZMQ131", "path": "nodes.gone.sockets.out", "message": "…"}
  ]
}
```

## Good

```json
{
  "version": 1,
  "findings": []
}
```

## Source

This checker's reference, "Baseline".
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ905"
NAME: Final = "fixed-baseline-entry"
SEVERITY: Final = Severity.NOTE
