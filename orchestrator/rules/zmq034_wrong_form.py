"""A text has the wrong form.

## Why

A topology's name is a DNS label, because it becomes part of host names. Names of nodes, sockets and
processes are letters, digits, `_` and `-`, because they become parts of file names, references and log
prefixes. Durations are numbers with units, `250ms`, `1.5s`, `1h30m`. `run` is
`module:name`.

## Bad

```yaml
version: 1
name: market
nodes:
  feed handler:
    run: market.feed:Feed
```

## Good

```yaml
version: 1
name: market
nodes:
  feed-handler:
    run: market.feed:Feed
```

## Source

RFC 1123, §2.1 (host names), for DNS labels.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ034"
NAME: Final = "wrong-form"
SEVERITY: Final = Severity.ERROR
