"""A `zmq` probe asks a socket that cannot be asked, or that cannot answer.

## Why

The probe connects a fitting socket, sends `send`, and waits for an answer that holds `expect`. A socket
that only connects cannot be connected to; one that only sends takes no question; one that only receives
gives no answer. The node would never become ready.

## Bad

```yaml
nodes:
  sink:
    command: ./sink
    ready: {zmq: {socket: in, send: ping, expect: pong}}
    sockets:
      in: {type: PULL, bind: tcp://127.0.0.1:5555}
```

## Good

```yaml
nodes:
  server:
    command: ./server
    ready: {zmq: {socket: requests, send: ping, expect: pong}}
    sockets:
      requests: {type: REP, bind: tcp://127.0.0.1:5555}
```

## Source

The language reference, `ready`; RFC 28-31 for the direction of each type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Socket, ZmqProbe
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ609"
NAME: Final = "probe-cannot-ask"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare `zmq` probes with the sockets they ask."""
    for node in context.topology.nodes.values():
        for probe in (node.ready, node.done, node.health):
            if probe is None or not isinstance(probe.kind, ZmqProbe):
                continue
            socket = node.sockets.get(probe.kind.socket)
            why = _why_not(socket, probe.kind) if socket is not None else None
            if socket is None or why is None:
                continue
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{node.name}` is asked at `{socket.name}` ({socket.type}), which {why}",
                span=context.topology.place(*probe.path, "zmq"),
                path=(*probe.path, "zmq"),
                related=(Related(f"`{socket.ref}` is here", socket.span),),
                help="ask a REP or ROUTER that is bound, or ask by `tcp`, `log`, `file` or `exec`",
            )


def _why_not(socket: Socket, probe: ZmqProbe) -> str | None:
    if not socket.binds:
        return "only connects: nothing can be connected to it"
    if probe.send is not None and not socket.type.receives:
        return "only sends: it takes no question"
    if probe.expect is not None and not socket.type.sends:
        return "only receives: it gives no answer"
    if socket.type is SocketType.PAIR:
        return "has room for one peer: the probe would take it"
    return None
