"""A node may have fewer files open than its sockets and connections take.

## Why

Each socket, each address it binds and each connection is an open file, beside those that a node's process
has from the start. libzmq ends a process that runs out of them (SIGABRT, "Too many open files"). What is
counted here is the least: files of the node's own come on top.

Nodes with `run` or `use` alone are judged: of foreign programs nobody knows what else they open.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    resources: {nofile: 16}
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5555}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    resources: {nofile: 256}
    sockets:
      out: {type: PUSH, bind: tcp://127.0.0.1:5555}
```

## Source

getrlimit(2), RLIMIT_NOFILE; zmq_socket(3), EMFILE; counted in nodes of this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Node, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.settings import setting_path, span_of

CODE: Final = "ZMQ618"
NAME: Final = "too-few-files"
SEVERITY: Final = Severity.ERROR

OWN: Final = 24
"""What a node's process has open before its first socket."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Count what the sockets of each process take."""
    told: set[str] = set()
    for node in context.topology.nodes.values():
        if node.process in told or not node.is_python:
            continue
        if node.process is not None:
            told.add(node.process)
        if node.resources.nofile is not None:
            yield from _judge(context, node, node.resources.nofile)


def _judge(context: RuleContext, node: Node, allowed: int) -> Iterator[Diagnostic]:
    nodes = [
        other
        for other in context.topology.nodes.values()
        if other is node or (node.process is not None and other.process == node.process)
    ]
    sockets = [socket for other in nodes for socket in other.sockets.values()]
    needed = OWN + sum(_files(context, socket) for socket in sockets)
    if needed <= allowed:
        return
    path = setting_path(context, node, "resources", "nofile")
    yield Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{node.name}` may have {allowed} files open, and takes {needed} at least: {OWN} from the "
        "start, the others for its sockets and their connections",
        span=span_of(context, node, path),
        path=path,
        help=f"write `nofile: {max(256, 2 * needed)}`, or leave it out",
    )


def _files(context: RuleContext, socket: Socket) -> int:
    """One for the socket, one for each address bound, one for each connection."""
    connections = sum(
        context.node_of(other).replicas
        for meeting, other in context.peers(socket)
        if not meeting.link.address.startswith("inproc://")
    )
    return 1 + sum(not address.text.startswith("inproc://") for address in socket.binds) + connections
