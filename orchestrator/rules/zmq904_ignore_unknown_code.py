"""An ignore comment names a code that can't be ignored, or that no rule has.

## Why

It ignores nothing, and looks as if it did. Errors of reading (`ZMQ0xx`) can't be ignored, for without them
mended there is no topology; neither can findings about ignore comments themselves.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    kind: task
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555}  # orchestrator: ignore[slow-joyner] feed sleeps first
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
      out: {type: PUB, bind: tcp://127.0.0.1:5555}  # orchestrator: ignore[slow-joiner] feed sleeps first
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

CODE: Final = "ZMQ904"
NAME: Final = "ignore-unknown-code"
SEVERITY: Final = Severity.WARNING
