"""A file or directory that the topology names is not there.

## Why

Without its `env_file` or its `cwd` a node does not start; without the `.proto` or `.avsc` file of a
message, the nodes of ours that carry it do not. Such files may be made by a later step of a build, or kept
out of version control.

Looked for only with `validate --host-check`, on the host that is to run the topology.

## Bad

```yaml
nodes:
  feed:
    command: [cat]
    env_file: no-such-file.env
```

## Good

```yaml
nodes:
  feed:
    command: [cat]
    env: {LOG_LEVEL: info}
```

## Source

The language reference, `env_file`, `cwd` and `schema`.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ332"
NAME: Final = "file-missing"
SEVERITY: Final = Severity.ERROR
