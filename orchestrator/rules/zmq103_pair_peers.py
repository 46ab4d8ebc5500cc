"""A PAIR socket has more than one peer.

## Why

PAIR is one to one. A second peer's connection is accepted, its handshake succeeds, its `send()` works, and
its messages vanish. Every replica counts.

## Bad

```yaml
nodes:
  hub:
    command: ./hub
    sockets:
      pair: {type: PAIR, bind: tcp://127.0.0.1:5555}
  a:
    command: ./a
    sockets:
      pair: {type: PAIR, connect: hub.pair}
  b:
    command: ./b
    sockets:
      pair: {type: PAIR, connect: hub.pair}
```

## Good

```yaml
nodes:
  hub:
    command: ./hub
    sockets:
      peers: {type: ROUTER, bind: tcp://127.0.0.1:5555}
  a:
    command: ./a
    sockets:
      hub: {type: DEALER, connect: hub.peers}
  b:
    command: ./b
    sockets:
      hub: {type: DEALER, connect: hub.peers}
```

## Source

RFC 31; zmq_socket(3), "Exclusive pair pattern". Observed with libzmq 4.3.5: the second peer's messages are
lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.parts import listing
from orchestrator.model.resolution import Meeting
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ103"
NAME: Final = "pair-peers"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Count the connections of every PAIR, replicas included; an excess is told at one of its ends."""
    told: set[int] = set()
    for socket in context.sockets:
        if socket.type is not SocketType.PAIR:
            continue
        meetings = [m for m in context.resolution.of(socket) if _is_pair(m, socket)]
        count = _most(context, meetings, socket)
        if count > 1 and not all(id(m) in told for m in meetings):
            told.update(map(id, meetings))
            yield _finding(context, socket, meetings, count)


def _most(context: RuleContext, meetings: list[Meeting], socket: Socket) -> int:
    """The most connections at one time: of nodes that are alternatives by their profiles, one counts."""
    always, by_profile = 0, dict[str, int]()
    for meeting in meetings:
        other = meeting.other(socket)
        profiles = context.node_of(other).profiles if other is not None else ()
        if not profiles:
            always += _connections(meeting, socket)
        for profile in profiles:
            by_profile[profile] = by_profile.get(profile, 0) + _connections(meeting, socket)
    return always + max(by_profile.values(), default=0)


def _is_pair(meeting: Meeting, socket: Socket) -> bool:
    other = meeting.other(socket)
    return other is None or other.type is SocketType.PAIR


def _connections(meeting: Meeting, socket: Socket) -> int:
    return meeting.per_binder if socket is meeting.link.binder else meeting.per_connector


def _finding(context: RuleContext, socket: Socket, meetings: list[Meeting], count: int) -> Diagnostic:
    others = [other for m in meetings if (other := m.other(socket)) is not None]
    names = listing(_named(context, o) for o in dict.fromkeys(o.ref for o in others))
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{socket.ref}` (PAIR) has {count} peers ({names}); PAIR is one to one",
        span=socket.span,
        path=socket.path,
        related=tuple(
            Related(f"`{o.ref}` is here", o.span)
            for o in {o.ref: o for o in others}.values()
            if o is not socket
        ),
        help=(
            "use ROUTER here and DEALER at the peers, or one PAIR per peer; a second peer's connection "
            "succeeds, "
            "and its messages vanish"
        ),
    )


def _named(context: RuleContext, ref: str) -> str:
    node, _, name = ref.partition(".")
    replicas = context.topology.nodes[node].replicas
    return f"{node}.{name}" if replicas == 1 else f"{node}.{name} × {replicas}"
