"""A line is indented with a tab.

## Why

YAML forbids tabs in indentation, because their width is a matter of opinion.

## Bad

```yaml
version: 1
name: market
nodes:
⇥feed:
⇥⇥run: market.feed:Feed
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

__doc__ = (__doc__ or "").replace("⇥", "\t")  # from Python 3.13 on, tabs in a docstring become spaces

CODE: Final = "ZMQ004"
NAME: Final = "tab-indentation"
SEVERITY: Final = Severity.ERROR
