"""A secured socket lacks its keys, or the file of users.

## Why

A node whose socket is secured by CURVE reads its own pair from the directory of the keys, and the public
key of each server that it connects to; with PLAIN, names and passwords from the file of users. A node that
does not find them does not start, and neither does one whose secret files others may read. Names in `allow`
that have no key let nobody in.

Looked for only with `validate --host-check`, on the host that is to run the topology.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5556, security: curve}
```

## Good

`orchestrator keys init topology.yaml` makes what is missing. A link that stays on the host may go without:

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto}
```

## Source

The language reference, `security`; zmq_curve(7).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ338"
NAME: Final = "keys-missing"
SEVERITY: Final = Severity.ERROR
