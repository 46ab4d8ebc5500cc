"""A socket lingers longer than its node may take to stop.

## Why

`linger` is how long a closed socket goes on sending what is queued; `grace` is how long the node may take
between the stop signal and the kill. Where the linger is longer and a peer is slow or gone, the node is
killed in the middle of it: the messages that the linger was to save are lost.

## Bad

```yaml
nodes:
  worker:
    command: ./worker
    stop: {grace: 5s}
    sockets:
      results: {type: PUSH, bind: tcp://127.0.0.1:5555, options: {linger: 30000}}
  sink:
    command: ./sink
    sockets:
      results: {type: PULL, connect: worker.results}
```

## Good

```yaml
nodes:
  worker:
    command: ./worker
    stop: {grace: 35s}
    sockets:
      results: {type: PUSH, bind: tcp://127.0.0.1:5555, options: {linger: 30000}}
  sink:
    command: ./sink
    sockets:
      results: {type: PULL, connect: worker.results}
```

## Source

zmq_setsockopt(3), ZMQ_LINGER; the guide, chapter 1, "Making a Clean Exit"; the language reference, `stop`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Node, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.settings import setting_path, span_of
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ611"
NAME: Final = "linger-beyond-grace"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the linger of every sending socket with its node's grace, once per pair of settings."""
    told: set[tuple[Path, Path]] = set()
    for node in context.topology.nodes.values():
        if node.stop.grace_s <= 0 or node.stop.signal == "SIGKILL":
            continue  # ZMQ605, or on purpose
        for socket in node.sockets.values():
            lingers = _linger_s(socket)
            if lingers is None or lingers <= node.stop.grace_s:
                continue
            linger, grace = _places(context, node, socket)
            if (linger, grace) not in told:
                told.add((linger, grace))
                yield _finding(context, node, socket, lingers)


def _finding(context: RuleContext, node: Node, socket: Socket, lingers: float) -> Diagnostic:
    linger, grace = _places(context, node, socket)
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{socket.ref}` lingers {lingers:g}s, and `{node.name}` is killed {node.stop.grace_s:g}s "
        "after its stop signal: what is queued then is lost",
        span=context.topology.place(*linger),
        path=linger,
        related=(Related(f"its grace is {node.stop.grace_s:g}s", span_of(context, node, grace)),),
        help=f"write `stop: {{grace: {_whole(lingers + 1)}}}` at `{node.name}`, or a shorter `linger`",
    )


def _places(context: RuleContext, node: Node, socket: Socket) -> tuple[Path, Path]:
    return context.option_path(socket, "linger"), setting_path(context, node, "stop", "grace")


def _linger_s(socket: Socket) -> float | None:
    """Seconds, where they are bounded; for ever (-1) is libzmq's default, which says little."""
    value = option_of(socket.options, "linger")
    if not socket.type.sends or not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    return value / 1000


def _whole(seconds: float) -> str:
    return f"{int(seconds) + (seconds > int(seconds))}s"
