"""A key that must be there is missing.

## Why

A topology needs `version` and `name`, a socket its `type`, a message its `codec`, an endpoint its
`address`.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {bind: auto}
  sink:
    run: market.sink:Sink
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: ['']}
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto}
  sink:
    run: market.sink:Sink
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: ['']}
```

## Source

docs/reference: the topology file.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ031"
NAME: Final = "missing-key"
SEVERITY: Final = Severity.ERROR
