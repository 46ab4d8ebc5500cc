"""A stock node that only sends has a REQ, or one that only receives has a REP.

## Why

A REQ must receive a reply before it may send again, and a REP must reply before it may receive again. A
node that only sends comes as far as its second message, which fails with EFSM ("Operation cannot be
accomplished in current state").

## Bad

```yaml
nodes:
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
  client:
    use: source
    sockets:
      out: {type: REQ, connect: server.rep}
```

## Good

```yaml
nodes:
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
  client:
    use: requester
    sockets:
      requests: {type: REQ, connect: server.rep}
```

## Source

RFC 28, "The REQ Socket Type"; zmq_socket(3), ZMQ_REQ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Node, Socket, StockProgram
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ135"
NAME: Final = "one-way-request"
SEVERITY: Final = Severity.WARNING

_ROLES: Final = {
    "source": (
        SocketType.REQ,
        "only sends; a REQ must have its reply before it sends again",
        "use DEALER or PUSH, or the stock node `requester`",
    ),
    "sink": (
        SocketType.REP,
        "only receives; a REP must reply before it receives again",
        "use ROUTER or PULL, or the stock node `replier`",
    ),
    "printer": (
        SocketType.REP,
        "only receives; a REP must reply before it receives again",
        "use ROUTER or PULL, or the stock node `replier`",
    ),
}


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find lockstep sockets in stock nodes whose traffic goes one way."""
    for node in context.topology.nodes.values():
        for socket in node.sockets.values():
            if not is_one_way(node, socket):
                continue
            assert isinstance(node.program, StockProgram)
            _, why, remedy = _ROLES[node.program.name]
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{socket.ref}` is {socket.type}, and the stock node `{node.program.name}` "
                f"{why} (EFSM)",
                span=context.topology.place(*socket.path, "type"),
                path=(*socket.path, "type"),
                help=remedy,
            )


def is_one_way(node: Node, socket: Socket) -> bool:
    """Whether a stock node of one direction has a socket that must alternate."""
    if not isinstance(node.program, StockProgram) or node.program.name not in _ROLES:
        return False
    return socket.type is _ROLES[node.program.name][0]
