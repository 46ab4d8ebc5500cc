"""`${…}` is not written as a variable is.

## Why

After the name may stand `:-default`, `-default`, `:?message` or `?message`, and then the closing brace.
`$${` is a literal `${`; `${{ … }}` refers to the topology itself.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    cwd: "${DATA!none}"
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    cwd: "${DATA:-none}"
```

## Source

Compose Specification, Interpolation.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ015"
NAME: Final = "variable-syntax"
SEVERITY: Final = Severity.ERROR
