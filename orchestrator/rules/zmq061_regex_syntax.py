"""`log` is no regular expression.

## Why

`log` is Python's `re`, searched for in each line of output.

## Bad

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web]
    ready: {log: 'listening ('}
```

## Good

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web]
    ready: {log: 'listening \\('}
```

## Source

Python's `re`.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ061"
NAME: Final = "regex-syntax"
SEVERITY: Final = Severity.ERROR
