"""Both ends of a link connect, and nobody binds.

## Why

One end of every link binds. Two connects meet nobody: both succeed, both wait, and nothing raises an error.
Usually the end that stays binds: the service, the broker, the ventilator.

## Bad

```yaml
nodes:
  ventilator:
    command: ./ventilator
    sockets:
      work: {type: PUSH, connect: tcp://127.0.0.1:5557}
  worker:
    command: ./worker
    sockets:
      work: {type: PULL, connect: tcp://127.0.0.1:5557}
```

## Good

```yaml
nodes:
  ventilator:
    command: ./ventilator
    sockets:
      work: {type: PUSH, bind: tcp://127.0.0.1:5557}
  worker:
    command: ./worker
    sockets:
      work: {type: PULL, connect: tcp://127.0.0.1:5557}
```

## Source

zmq_connect(3); the guide, chapter 2, "Plugging Sockets into the Topology".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.parts import listing
from orchestrator.model.resolution import Missing, Unbound
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.nearby import fitting_connectors
from orchestrator.vocabulary import NodeKind, SocketType

CODE: Final = "ZMQ311"
NAME: Final = "both-connect"
SEVERITY: Final = Severity.ERROR

_STAYS: Final = (
    SocketType.ROUTER,
    SocketType.REP,
    SocketType.XPUB,
    SocketType.PUB,
    SocketType.XSUB,
    SocketType.PUSH,
)
"""Types whose node usually is the one that binds, the surest first."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find addresses that both ends connect to, and `connect: node.socket` where that one connects too."""
    for unbound in context.resolution.unbound:
        if unbound.target is not None and unbound.reason is Missing.TARGET_CONNECTS:
            if unbound.target.connects:
                yield _named(unbound, unbound.target)
        elif fitting_connectors(unbound):
            yield _literal(context, unbound)


def _named(unbound: Unbound, target: Socket) -> Diagnostic:
    site = unbound.connects[0]
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{site.socket.ref}` connects to `{target.ref}`, which does not bind but connects itself",
        span=site.span,
        path=site.address.path,
        related=(Related(f"`{target.ref}` connects here", target.connects[0].span),),
        help=f"let one of the two bind: write `bind: auto` at `{target.ref}`",
    )


def _literal(context: RuleContext, unbound: Unbound) -> Diagnostic:
    sites = unbound.connects
    stays = min((site.socket for site in sites), key=lambda socket: _rank(context, socket))
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"{listing(dict.fromkeys(s.socket.ref for s in sites))} connect to {sites[0].text}; "
        "nobody binds it",
        span=sites[0].span,
        path=sites[0].address.path,
        related=tuple(Related(f"`{site.socket.ref}` connects here", site.span) for site in sites[1:]),
        help=f"one side must bind, usually the one that stays: write `bind: {sites[0].text}` at "
        f"`{stays.ref}`",
    )


def _rank(context: RuleContext, socket: Socket) -> tuple[bool, int, bool]:
    node = context.node_of(socket)
    order = _STAYS.index(socket.type) if socket.type in _STAYS else len(_STAYS)
    return node.replicas > 1, order, node.kind is NodeKind.TASK
