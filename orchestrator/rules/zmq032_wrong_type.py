"""A value has the wrong type.

## Why

Scalars follow YAML 1.2, as in editors: `yes`, `no`, `on` and `off` are text, `3` is a number, `"3"` is
text. Durations carry a unit: `5s`.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    expendable: yes
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    expendable: true
```

## Source

YAML 1.2.2, §10.3.2 (core schema).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ032"
NAME: Final = "wrong-type"
SEVERITY: Final = Severity.ERROR
