"""A socket binds an address that this host does not have.

## Why

A bind takes an address of the host it runs on, or the name of one of its network interfaces. Any other fails
(EADDRNOTAVAIL, ENODEV), and the node does not start. Files that are copied from host to host keep such
addresses; `*`, or the host's own, is what is meant.

Looked for only with `validate --host-check`, on the host that is to run the topology.

## Bad

```yaml
nodes:
  feed:
    command: [cat]
    sockets:
      ticks: {type: PUB, bind: "tcp://203.0.113.7:5555"}
```

## Good

```yaml
nodes:
  feed:
    command: [cat]
    sockets:
      ticks: {type: PUB, bind: "tcp://127.0.0.1:5555"}
```

## Source

zmq_tcp(7), "Assigning a local address to a socket"; bind(2), EADDRNOTAVAIL.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ330"
NAME: Final = "no-such-address"
SEVERITY: Final = Severity.ERROR
