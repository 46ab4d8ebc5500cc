"""Two ROUTER sockets meet, and neither knows an id of the other.

## Why

A ROUTER sends to an id, the first frame of every message. It learns the ids of its peers from what they
send; where both ends are ROUTER, neither can send first unless an id is fixed (`routing_id` at the peer, or
`connect_routing_id` at the socket that connects) or announced (`probe_router`).

## Bad

```yaml
nodes:
  east:
    run: brokers:Broker
    sockets:
      cloud: {type: ROUTER, bind: tcp://127.0.0.1:5570}
  west:
    run: brokers:Broker
    sockets:
      cloud: {type: ROUTER, connect: east.cloud}
```

## Good

```yaml
nodes:
  east:
    run: brokers:Broker
    sockets:
      cloud: {type: ROUTER, bind: tcp://127.0.0.1:5570, options: {routing_id: east}}
  west:
    run: brokers:Broker
    sockets:
      cloud: {type: ROUTER, connect: east.cloud, options: {routing_id: west}}
```

## Source

The guide, chapter 3, "The ROUTER to ROUTER Combination"; zmq_setsockopt(3), ZMQ_PROBE_ROUTER.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext, binds_here
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ121"
NAME: Final = "router-knows-nobody"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Judge links of two ROUTERs of Python nodes; what a foreign program sets by itself is not known."""
    for meeting, binder, connector in context.pairs():
        if binder.type is not SocketType.ROUTER or connector.type is not SocketType.ROUTER:
            continue
        if context.is_foreign(binder) or context.is_foreign(connector):
            continue
        if _has_id(binder) or _has_id(connector):
            continue
        assert meeting.link.connector_span is not None
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{connector.ref}` and `{binder.ref}` are both ROUTER, and neither knows an id to send to"
            ),
            span=meeting.link.connector_span,
            path=connector.path,
            related=binds_here(meeting.link),
            help="give both a `routing_id`, or make one of them DEALER",
        )


def _has_id(socket: Socket) -> bool:
    return any(option_of(socket.options, o) for o in ("routing_id", "connect_routing_id", "probe_router"))
