"""A line is indented with a tab.

## Why

YAML forbids tabs in indentation, because their width is a matter of opinion.

## Bad

```yaml
version: 1
name: market
nodes:
\tfeed:
\t\trun: market.feed:Feed
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

YAML 1.2.2, §6.1 (indentation spaces).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ004"
NAME: Final = "tab-indentation"
SEVERITY: Final = Severity.ERROR
