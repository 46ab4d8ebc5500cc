"""The heartbeat options of a socket contradict each other.

## Why

`heartbeat_timeout` is how long a socket waits for the answer to a heartbeat, `heartbeat_ivl` how often it
sends one, and `heartbeat_ttl` how long its peer keeps the connection without one. A timeout or a time to
live shorter than the interval closes good connections, and without an interval both do nothing.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555, options: {heartbeat_ivl: 5000, heartbeat_ttl: 1000}}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: tcp://127.0.0.1:5555, options: {heartbeat_ivl: 1000, heartbeat_ttl: 5000}}
```

## Source

zmq_setsockopt(3), ZMQ_HEARTBEAT_IVL, ZMQ_HEARTBEAT_TIMEOUT and ZMQ_HEARTBEAT_TTL; RFC 37, "Connection
Heartbeating".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ122"
NAME: Final = "heartbeat-options"
SEVERITY: Final = Severity.WARNING

_MEANING: Final = {
    "heartbeat_timeout": "it gives up before the next heartbeat is due",
    "heartbeat_ttl": "its peer hangs up before the next heartbeat is due",
}


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare timeout and time to live with the interval, once per place."""
    told: set[Path] = set()
    for socket in context.sockets:
        interval = _number(socket, "heartbeat_ivl")
        for option, meaning in _MEANING.items():
            value = _number(socket, option)
            if not value or (interval <= value and interval):
                continue
            path = context.option_path(socket, option)
            if path in told:
                continue
            told.add(path)
            what = (
                f"{value} ms is shorter than heartbeat_ivl, {interval} ms: {meaning}" if interval else _IDLE
            )
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{socket.ref}`: {option} {what}",
                span=context.topology.place(*path),
                path=path,
                help="make it several times `heartbeat_ivl`"
                if interval
                else "add `heartbeat_ivl`, or take it out",
            )


_IDLE: Final = "does nothing without heartbeat_ivl"


def _number(socket: Socket, option: str) -> int:
    value = option_of(socket.options, option)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
