"""A key is not text.

## Why

Numbers, `true`, `null`, lists and mappings are values, not names. In quotes a key is text, whatever it
looks like.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    params: {1: first}
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    params: {"1": first}
```

## Source

YAML 1.2.2, §10.3.2 (tag resolution of the core schema).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ009"
NAME: Final = "key-not-text"
SEVERITY: Final = Severity.ERROR
