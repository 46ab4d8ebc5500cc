"""A node is to run on processors that this host does not have.

## Why

`resources.cpus` binds a node's process to processors. The kernel takes a set as long as one of them is there,
and forgets the others, so that a node tuned on one machine shares a processor on the next without a sign. The
orchestrator takes it at its word: what is not there, or is kept from us by a cpuset, keeps the node from
starting.

Looked for only with `validate --host-check`, on the host that is to run the topology.

## Bad

```yaml
nodes:
  feed:
    command: [cat]
    resources: {cpus: [4095]}
```

## Good

```yaml
nodes:
  feed:
    command: [cat]
    resources: {cpus: [0]}
```

## Source

sched_setaffinity(2), cpuset(7); taskset(1).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ335"
NAME: Final = "no-such-processor"
SEVERITY: Final = Severity.ERROR
