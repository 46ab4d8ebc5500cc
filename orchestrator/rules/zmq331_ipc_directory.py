"""The directory of an ipc path is not there, or nothing can be made in it.

## Why

An ipc endpoint is a socket file. libzmq makes the file and not its directory: where that is missing, or may
not be written to, the bind fails and the node does not start. `bind: auto`, and paths below
`${{ run.dir }}`, have a directory that the orchestrator makes.

Looked for only with `validate --host-check`, on the host that is to run the topology.

## Bad

```yaml
nodes:
  feed:
    command: [cat]
    sockets:
      ticks: {type: PUB, bind: "ipc:///no/such/directory/ticks"}
```

## Good

```yaml
nodes:
  feed:
    command: [cat]
    sockets:
      ticks: {type: PUB, bind: "ipc://${{ run.dir }}/ticks"}
```

## Source

zmq_ipc(7); unix(7), "Pathname socket ownership and permissions".
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ331"
NAME: Final = "ipc-directory"
SEVERITY: Final = Severity.ERROR
