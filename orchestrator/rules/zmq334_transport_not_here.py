"""The libzmq of this host has no such transport.

## Why

Which transports libzmq has is decided when it is built: the one in pyzmq's wheels has no ipc on Windows. A
node of ours whose socket needs another one does not start ("Protocol not supported"). A foreign program
brings its own libzmq: a warning there.

Looked for only with `validate --host-check`, on the host that is to run the topology.

## Bad

```yaml
nodes:
  feed:
    command: [cat]
    sockets:
      ticks: {type: PUB, bind: "vmci://*:5555"}
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

zmq_has(3); libzmq's CMakeLists, `ZMQ_HAVE_IPC`.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ334"
NAME: Final = "transport-not-here"
SEVERITY: Final = Severity.ERROR
