"""The memory of a node can only be bounded by its address space here.

## Why

Where control groups (v2) with a memory controller can be used, `resources.memory` bounds what all processes
of a node take together, and the kernel ends the node when it needs more. Elsewhere RLIMIT_AS bounds the
address space of each process alone: an allocation beyond it fails, libraries and memory that was reserved and
never used count as well, and a program that reserves much (a JVM, Node.js, one built with sanitizers) does
not even start.

Looked for only with `validate --host-check`, on the host that is to run the topology.

## Bad

```yaml
nodes:
  feed:
    command: [cat]
    resources: {memory: 1GiB}
```

## Good

```yaml
nodes:
  feed:
    command: [cat]
    resources: {nice: 5}
```

## Source

cgroups(7); setrlimit(2), RLIMIT_AS; how-to/containers and how-to/systemd tell how to get control groups.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ337"
NAME: Final = "memory-by-address-space"
SEVERITY: Final = Severity.WARNING
