"""Two peers of one ROUTER have the same routing id.

## Why

A ROUTER tells its peers apart by their ids. The second peer with an id connects, and every message of it is
thrown away without an error. Replicas of a node share its options, so a fixed id is the same in all of
them. With `router_handover` at the ROUTER the newer peer takes the id over, which is meant for one that
replaces another.

## Bad

```yaml
nodes:
  broker:
    command: ./broker
    sockets:
      router: {type: ROUTER, bind: "tcp://127.0.0.1:5570"}
  worker:
    command: ./worker
    replicas: 2
    sockets:
      dealer: {type: DEALER, connect: broker.router, options: {routing_id: T1}}
```

## Good

```yaml
nodes:
  broker:
    command: ./broker
    sockets:
      router: {type: ROUTER, bind: "tcp://127.0.0.1:5570"}
  worker:
    command: ./worker
    replicas: 2
    sockets:
      dealer: {type: DEALER, connect: broker.router, options: {routing_id: "T${{ replica.index }}"}}
```

## Source

zmq_setsockopt(3), ZMQ_ROUTING_ID and ZMQ_ROUTER_HANDOVER; libzmq issues 4503, 2010 and 3777.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.resolution import Meeting
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ120"
NAME: Final = "duplicate-identity"
SEVERITY: Final = Severity.ERROR

_PLACEHOLDER: Final = re.compile(r"%[a-z]|\{.*\}|<.*>|uuid", re.IGNORECASE)
"""A part that the program fills in, so that each copy differs: `Client-%d`, `w-{pid}`, `host_uuid`."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Collect the fixed ids of the peers of every ROUTER (and REP, which is one inside)."""
    for router in context.sockets:
        if router.type not in (SocketType.ROUTER, SocketType.REP):
            continue
        if option_of(router.options, "router_handover"):
            continue
        holders: dict[str, dict[str, tuple[Socket, int]]] = {}
        for meeting, peer in context.peers(router):
            identity = _fixed(peer)
            if identity is not None:
                same = holders.setdefault(identity, {})
                same[peer.ref] = (peer, max(_copies(meeting, router), same.get(peer.ref, (peer, 0))[1]))
        for identity, same in holders.items():
            if sum(copies for _, copies in same.values()) > 1:
                yield _finding(context, router, identity, [peer for peer, _ in same.values()])


def _fixed(socket: Socket) -> str | None:
    identity = option_of(socket.options, "routing_id")
    if not isinstance(identity, str) or "replica.index" in identity or _PLACEHOLDER.search(identity):
        return None
    return identity


def _copies(meeting: Meeting, router: Socket) -> int:
    return meeting.per_binder if router is meeting.link.binder else meeting.per_connector


def _finding(context: RuleContext, router: Socket, identity: str, peers: list[Socket]) -> Diagnostic:
    last = peers[-1]
    replicas = context.node_of(last).replicas
    if len(peers) == 1:
        who = f"{'both' if replicas == 2 else f'all {replicas}'} replicas of `{last.node}` have"
        remedy = f'write `"{identity}-${{{{ replica.index }}}}"`'
    else:
        others = ", ".join(f"`{peer.ref}`" for peer in peers[:-1])
        who = f"{others} and `{last.ref}` have"
        remedy = "give each its own"
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=(
            f"{who} the routing id `{identity}` towards `{router.ref}` ({router.type}): only the first "
            "one that "
            "connects is heard"
        ),
        span=context.option_span(last, "routing_id"),
        path=context.option_path(last, "routing_id"),
        related=(
            Related(f"`{router.ref}` is here", router.span),
            *(Related(f"`{p.ref}` has it too", context.option_span(p, "routing_id")) for p in peers[:-1]),
        ),
        help=f"{remedy}, or leave it out; `router_handover: true` at `{router.ref}` is for a peer that "
        "replaces another",
    )
