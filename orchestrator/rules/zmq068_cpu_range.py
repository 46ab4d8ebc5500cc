"""A range of CPU numbers ends before it begins.

## Why

`cpus` takes ranges as taskset(1) does, the lower number first. `3-0` names no processor.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    resources: {cpus: 3-0}
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    resources: {cpus: 0-3}
```

## Source

taskset(1), "--cpu-list"; docs/reference: resources.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ068"
NAME: Final = "cpu-range"
SEVERITY: Final = Severity.ERROR
