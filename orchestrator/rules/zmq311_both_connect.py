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
from orchestrator.model.sites import Site
from orchestrator.model.types import Address, Socket
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
    told: set[frozenset[str]] = set()
    for unbound in context.resolution.unbound:
        if unbound.target is not None and unbound.reason is Missing.TARGET_CONNECTS:
            both = frozenset((unbound.connects[0].socket.ref, unbound.target.ref))
            if unbound.target.connects and both not in told:
                told.add(both)  # two that name each other are one mistake
                yield _named(context, unbound, unbound.target)
        elif fitting_connectors(unbound):
            yield _literal(context, unbound)


def _named(context: RuleContext, unbound: Unbound, target: Socket) -> Diagnostic:
    site = unbound.connects[0]
    back = next((a for a in target.connects if a.text == site.socket.ref), None)
    if back is not None:
        return _each_other(context, site, target, back)
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{site.socket.ref}` connects to `{target.ref}`, which does not bind but connects itself",
        span=site.span,
        path=site.address.path,
        related=(Related(f"`{target.ref}` connects here", target.connects[0].span),),
        help=f"let one of the two bind: write `bind: auto` at `{target.ref}`",
    )


def _each_other(context: RuleContext, site: Site, target: Socket, back: Address) -> Diagnostic:
    stays = min((target, site.socket), key=lambda socket: _rank(context, socket))
    goes = site.socket if stays is target else target
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{site.socket.ref}` and `{target.ref}` connect to each other; neither binds",
        span=site.span,
        path=site.address.path,
        related=(Related(f"`{target.ref}` connects here", back.span),),
        help=f"one side must bind, usually the one that stays: at `{stays.ref}`, write `bind: auto` in the "
        f"place of `connect: {goes.ref}`",
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
