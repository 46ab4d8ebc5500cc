"""The file holds several YAML documents.

## Why

One file is one topology. `---` in the middle of a file starts another document, which would silently be
dropped.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
---
name: second
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

YAML 1.2.2, §9 (document stream).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ005"
NAME: Final = "several-documents"
SEVERITY: Final = Severity.ERROR
