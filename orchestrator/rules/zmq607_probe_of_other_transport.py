"""A `tcp` probe asks a socket that has no tcp address.

## Why

The probe opens a TCP connection. A socket that is bound to ipc or inproc only, or that only connects, has
nothing to connect to, and the node would never become ready.

## Bad

```yaml
nodes:
  server:
    command: ./server
    ready: {tcp: requests}
    sockets:
      requests: {type: REP, bind: "ipc:///tmp/requests.ipc"}
```

## Good

```yaml
nodes:
  server:
    command: ./server
    ready: {file: /tmp/requests.ipc}
    sockets:
      requests: {type: REP, bind: "ipc:///tmp/requests.ipc"}
```

## Source

The language reference, `ready`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.sites import named
from orchestrator.model.types import Health, Node, Probe, Socket, TcpProbe
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ607"
NAME: Final = "probe-of-other-transport"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find `tcp` probes of sockets that listen on no tcp port."""
    for node in context.topology.nodes.values():
        for probe in (node.ready, node.done, node.health):
            if probe is not None and isinstance(probe.kind, TcpProbe):
                yield from _judge(context, node, probe, probe.kind)


def _judge(context: RuleContext, node: Node, probe: Probe | Health, kind: TcpProbe) -> Iterator[Diagnostic]:
    for target in kind.targets:
        socket = node.sockets.get(target)
        if socket is None or _listens_on_tcp(context, socket):
            continue
        why = "only connects" if not socket.binds else "is not bound to tcp"
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{node.name}` is asked by tcp at `{target}`, which {why}: it would never answer",
            span=context.topology.place(*probe.path, "tcp"),
            path=(*probe.path, "tcp"),
            related=(Related(f"`{socket.ref}` is here", socket.span),),
            help="ask in another way: `zmq`, `file` (the ipc path), `log` or `exec`",
        )


def _listens_on_tcp(context: RuleContext, socket: Socket) -> bool:
    """True also for what only a run can tell: `auto` may become tcp."""
    texts = [named(context.topology, address.text)[0] for address in socket.binds]
    return any(not text.startswith(("ipc:", "inproc:")) for text in texts)
