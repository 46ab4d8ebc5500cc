"""An ignore comment ignores nothing.

## Why

What the comment once ignored has been mended, or the comment stands at another line than the finding. Left
there, it would hide the next finding of that kind without anyone having judged it.

A comment at the end of a line ignores what is found on that line; one on a line of its own, what is found on
the next line that holds anything.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555}  # orchestrator: ignore[ZMQ307] resolved by the hosts file
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
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      in: {type: SUB, connect: feed.out, subscribe: [""]}
```

## Source

Only a look at the whole file tells that a comment is not needed any more: the linters of many languages
report it (ruff RUF100, ESLint's `--report-unused-disable-directives`, mypy's `warn_unused_ignores`).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ901"
NAME: Final = "unused-ignore"
SEVERITY: Final = Severity.WARNING
