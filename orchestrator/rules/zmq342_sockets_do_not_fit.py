"""Sockets are not those that the node's code declares or handles.

## Why

A class declares its sockets (`ticks: In[Tick]`) and has a method for each one that receives (`on_ticks`). A
declared socket that the topology lacks, one of the other direction, one that receives and that no method
handles, and a handler of a topic where there are none keep the node from starting. A handler of a topic that
`subscribe` does not ask for (`@on("ticks", topic="AAPL")`) is never called.

Looked for only with `validate --import`. The [node SDK](../reference/sdk.md#sockets) says how sockets are
declared.

## Bad

```yaml
nodes:
  work:
    run: orchestrator_nodes.traffic:Printer   # handles `in`
    sockets:
      jobs: {type: PULL, bind: "tcp://127.0.0.1:5555"}
```

## Good

```yaml
nodes:
  work:
    run: orchestrator_nodes.traffic:Printer
    sockets:
      in: {type: PULL, bind: "tcp://127.0.0.1:5555"}
```

## Source

The node SDK, "Sockets".
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ342"
NAME: Final = "sockets-do-not-fit"
SEVERITY: Final = Severity.ERROR
