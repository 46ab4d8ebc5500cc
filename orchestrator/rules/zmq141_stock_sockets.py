"""A stock node lacks a socket it works with, or has it with another type.

## Why

A stock node knows its sockets by name: a `queue` needs `frontend` (ROUTER) and `backend` (DEALER). Without
them it fails at its start.

## Bad

```yaml
nodes:
  broker:
    use: queue
    sockets:
      frontend: {type: ROUTER, bind: auto}
      back: {type: DEALER, bind: auto}
```

## Good

```yaml
nodes:
  broker:
    use: queue
    sockets:
      frontend: {type: ROUTER, bind: auto}
      backend: {type: DEALER, bind: auto}
```

## Source

The catalogue of stock nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.parts import listing, nearest
from orchestrator.model.types import Node, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.stock import known_stock_nodes
from orchestrator.rules.zmq135_one_way_request import is_one_way
from orchestrator.sdk.catalogue import NodeInfo, SocketInfo

CODE: Final = "ZMQ141"
NAME: Final = "stock-sockets"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the sockets of stock nodes with what their catalogue says."""
    for node, info in known_stock_nodes(context):
        missing = [name for name, s in info.sockets.items() if s.required and name not in node.sockets]
        extra = [name for name in node.sockets if name not in info.sockets]
        for name in missing:
            guess = nearest(name, extra) or (extra[0] if len(extra) == len(missing) == 1 else None)
            yield _missing(node, info, name, guess)
        if not missing:
            for name in extra:
                yield _extra(node, info, node.sockets[name])
        for name, wanted in info.sockets.items():
            socket = node.sockets.get(name)
            if socket is not None and socket.type not in wanted.types and not is_one_way(node, socket):
                yield _wrong_type(context, info, socket, wanted)


def _missing(node: Node, info: NodeInfo, name: str, guess: str | None) -> Diagnostic:
    types = " or ".join(t.value for t in info.sockets[name].types)
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{node.name}` uses `{info.name}`, which needs a socket `{name}` ({types})",
        span=node.sockets[guess].span if guess else node.program.span,
        path=(*node.path, "sockets", guess) if guess else (*node.path, "use"),
        help=f"rename `{guess}` to `{name}`"
        if guess
        else f"add it under `sockets`: `{name}: {{type: {types}, …}}`",
    )


def _extra(node: Node, info: NodeInfo, socket: Socket) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity=Severity.WARNING,
        message=f"`{node.name}` uses `{info.name}`, which does nothing with a socket `{socket.name}`",
        span=socket.span,
        path=socket.path,
        help=f"take it out; its sockets are {listing(info.sockets)}",
    )


def _wrong_type(context: RuleContext, info: NodeInfo, socket: Socket, wanted: SocketInfo) -> Diagnostic:
    types = " or ".join(t.value for t in wanted.types)
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{socket.ref}` is {socket.type}, and the stock node `{info.name}` works with {types} there",
        span=context.topology.place(*socket.path, "type"),
        path=(*socket.path, "type"),
        help=f"write `type: {wanted.types[0]}`" if len(wanted.types) == 1 else f"make it {types}",
    )
