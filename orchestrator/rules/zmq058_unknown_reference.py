"""`${{ … }}` refers to something that is not there.

## Why

The node, the socket or the word is not known; the nearest that is known is named. `host` and `port`
exist for tcp addresses only.

## Bad

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web, "--pid-file=${{ run.directory }}/pid"]
```

## Good

```yaml
version: 1
name: market
nodes:
  web:
    command: [./web, "--pid-file=${{ run.dir }}/pid"]
```

## Source

docs/reference: references.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ058"
NAME: Final = "unknown-reference"
SEVERITY: Final = Severity.ERROR
