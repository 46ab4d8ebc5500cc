"""`bind` or `connect` names something that is not there.

## Why

`connect` takes `node.socket`, a name of `endpoints`, or an address; `bind` takes an address, a name of
`endpoints`, or `auto`. libzmq would accept a wrong name and try to reach it for ever, without a word.

## Bad

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
      ticks: {type: SUB, connect: feed.tick, subscribe: ['']}
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

zmq_connect(3).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ052"
NAME: Final = "unknown-address"
SEVERITY: Final = Severity.ERROR
