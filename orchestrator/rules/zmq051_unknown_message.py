"""A socket carries a message that is not declared.

## Why

`message` is a name of `messages`, where its codec and schema stand.

## Bad

```yaml
version: 1
name: market
messages:
  Tick: {codec: msgpack}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, message: Tik}
  sink:
    run: market.sink:Sink
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [''], message: Tick}
```

## Good

```yaml
version: 1
name: market
messages:
  Tick: {codec: msgpack}
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, message: Tick}
  sink:
    run: market.sink:Sink
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [''], message: Tick}
```

## Source

docs/reference: messages.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ051"
NAME: Final = "unknown-message"
SEVERITY: Final = Severity.ERROR
