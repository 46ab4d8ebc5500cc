"""There is a NUL character where the operating system allows none.

## Why

Arguments, variables and paths end at a NUL. `\\0` and `\\x00` in double quotes make one.

## Bad

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web, "a\\0b"]
```

## Good

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web, ab]
```

## Source

execve(2).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ066"
NAME: Final = "nul-character"
SEVERITY: Final = Severity.ERROR
