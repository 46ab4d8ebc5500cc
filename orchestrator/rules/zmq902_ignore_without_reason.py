"""An ignore comment gives no reason.

## Why

Whoever reads the file next has to know why the finding does not matter here, and when it will. A comment
without a reason ignores nothing: the finding is still reported.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    kind: task
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555}  # orchestrator: ignore[ZMQ131]
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

Experience with suppressed findings of other checkers; golangci-lint's `nolintlint` (`require-explanation`)
and ESLint's `require-description` ask for the same.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ902"
NAME: Final = "ignore-without-reason"
SEVERITY: Final = Severity.WARNING
