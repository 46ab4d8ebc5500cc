"""The version of the language is not known.

## Why

`version: 1` is the only one there is.

## Bad

```yaml
version: 2
name: market
nodes:
  feed:
    run: market.feed:Feed
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
```

## Source

docs/reference: version.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ039"
NAME: Final = "unknown-version"
SEVERITY: Final = Severity.ERROR
