"""The target of a Python node cannot be imported.

## Why

`run: module:name` is imported when the node starts, with the directory of the topology first on `sys.path`. A
module that is not there, a name that it does not have, or an exception while it is imported keeps the node
from starting. What is named must be a class that derives from `Node`, or a function.

Looked for only with `validate --import`, which runs the module as an import does.

## Bad

```yaml
nodes:
  feed:
    run: no_such_module_here:feed
    sockets:
      ticks: {type: PUB, bind: "tcp://127.0.0.1:5555"}
```

## Good

```yaml
nodes:
  feed:
    use: source
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:5555"}
```

## Source

The language reference, `run`; the Python reference, "The import system".
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ340"
NAME: Final = "target-not-importable"
SEVERITY: Final = Severity.ERROR
