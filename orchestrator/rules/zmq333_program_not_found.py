"""A program is not there, or may not be run.

## Why

`command` names a program: by a path, which starts from the node's `cwd`, or by a name that is looked up in
PATH. Where nothing is found, or what is found may not be executed, the node fails at its start and no restart
mends it.

Looked for only with `validate --host-check`, on the host that is to run the topology.

## Bad

```yaml
nodes:
  gateway:
    command: [./no-such-program, --listen]
```

## Good

```yaml
nodes:
  gateway:
    command: [cat]
```

## Source

execvp(3); the language reference, `command`.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ333"
NAME: Final = "program-not-found"
SEVERITY: Final = Severity.ERROR
