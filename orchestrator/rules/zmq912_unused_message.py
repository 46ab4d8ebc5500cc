"""A message is defined and no socket carries it.

## Why

A contract that nobody names checks nothing. Often a socket was meant to name it and does not, or it was left
behind when the last socket went. Messages of included files are not told: not everybody who includes them
needs all of them.

## Bad

```yaml
messages:
  Tick: {codec: json}
  Trade: {codec: json}
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, message: Tick}
```

## Good

```yaml
messages:
  Tick: {codec: json}
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, message: Tick}
```

## Source

The language reference, `messages`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.definitions import is_own, removal

CODE: Final = "ZMQ912"
NAME: Final = "unused-message"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find messages that no socket names."""
    used = {socket.message for socket in context.sockets if socket.message is not None}
    if not used <= context.topology.messages.keys():
        return  # a misspelt name (ZMQ051) may be any of them
    messages = [message for message in context.topology.messages.values() if is_own(context, message)]
    for message in messages:
        if message.name in used:
            continue
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"no socket carries `{message.name}`",
            span=message.span,
            path=message.path,
            help=f"write `message: {message.name}` at the sockets that carry it, or remove it",
            fix=removal(context.topology, message, messages),
        )
