"""The file is not YAML.

## Why

The parser stopped here and could not go on, so that nothing behind this place was looked at.
Indentation, an open bracket and an open quote are the usual reasons; the place shown is where it was
noticed, which can be a line after the mistake.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    params: {symbols: [AAPL, MSFT}
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    params: {symbols: [AAPL, MSFT]}
```

## Source

YAML 1.2.2.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ003"
NAME: Final = "yaml-syntax"
SEVERITY: Final = Severity.ERROR
