"""An included file can't be read.

## Why

Includes are looked for next to the file that names them.

## Bad

```yaml
version: 1
name: market
include: [no-such-file.yaml]
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

docs/reference: include.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ017"
NAME: Final = "include-unreadable"
SEVERITY: Final = Severity.ERROR
