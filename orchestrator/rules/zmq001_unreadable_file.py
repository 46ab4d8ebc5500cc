"""The topology file can't be read.

## Why

There is no file at this path, it is a directory, it may not be read, or it is far too big to be a
topology. Relative paths start in the current directory.

## Bad

```sh
orchestrator validate topolgy.yaml
```

## Good

```sh
orchestrator validate topology.yaml
```

## Source

open(2).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ001"
NAME: Final = "unreadable-file"
SEVERITY: Final = Severity.ERROR
