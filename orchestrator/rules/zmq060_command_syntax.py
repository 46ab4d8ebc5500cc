"""A command can't be split into arguments.

## Why

A command that is a text is split as a shell splits it, without a shell. A list of arguments needs no
quotes.

## Bad

```yaml
version: 1
name: market
nodes:
  web:
    command: ./web --title 'It''s open
```

## Good

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web, --title, It's open]
```

## Source

POSIX.1-2017, Shell Command Language, §2.2 (quoting).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ060"
NAME: Final = "command-syntax"
SEVERITY: Final = Severity.ERROR
