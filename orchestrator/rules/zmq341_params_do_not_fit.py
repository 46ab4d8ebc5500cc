"""Params are not those that the node's code declares.

## Why

A node declares its params in a dataclass `Params`, a function by its arguments. One that is missing, not
declared, of another type, or refused by `__post_init__` keeps the node from starting.

Looked for only with `validate --import`. The [node SDK](../reference/sdk.md#params) says how params are
declared; `orchestrator explain module:Class` shows those of a node.

## Bad

```yaml
nodes:
  feed:
    use: source
    params: {rat: 10}
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:5555"}
```

## Good

```yaml
nodes:
  feed:
    use: source
    params: {rate: 10}
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:5555"}
```

## Source

The node SDK, "Params".
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ341"
NAME: Final = "params-do-not-fit"
SEVERITY: Final = Severity.ERROR
