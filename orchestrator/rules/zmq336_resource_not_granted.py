"""A node asks for more than the user who starts it may have.

## Why

Anybody may make a process nicer and give it fewer files. A priority above the orchestrator's own, and more
files than its hard limit, take a right (CAP_SYS_NICE, CAP_SYS_RESOURCE) that a user, and root in a container,
may not have. The node does not start, and no restart mends it.

Looked for only with `validate --host-check`, on the host that is to run the topology.

## Bad

```yaml
nodes:
  feed:
    command: [cat]
    resources: {nofile: 2147483584}
```

## Good

```yaml
nodes:
  feed:
    command: [cat]
    resources: {nofile: 256}
```

## Source

setpriority(2), EACCES; setrlimit(2), EPERM; capabilities(7).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ336"
NAME: Final = "resource-not-granted"
SEVERITY: Final = Severity.ERROR
