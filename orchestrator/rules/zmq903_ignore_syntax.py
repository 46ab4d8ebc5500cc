"""An ignore comment can't be understood.

## Why

It ignores nothing, and looks as if it did. The form is `# orchestrator: ignore[CODE, …] reason` for a line,
`# orchestrator: ignore-file[CODE, …] reason` for the file. The codes stand in brackets so that no comment
hides more than its author has seen.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    kind: task
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555}  # orchestrator: ignore ZMQ131, feed sleeps a second first
  client:
    command: ./client
    sockets:
      in: {type: SUB, connect: feed.out, subscribe: [""]}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    kind: task
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555}  # orchestrator: ignore[ZMQ131] feed sleeps a second first
  client:
    command: ./client
    sockets:
      in: {type: SUB, connect: feed.out, subscribe: [""]}
```

## Source

This checker's reference, "Ignore comments".
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ903"
NAME: Final = "ignore-syntax"
SEVERITY: Final = Severity.WARNING
