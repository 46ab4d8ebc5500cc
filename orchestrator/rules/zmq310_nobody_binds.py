"""A socket connects to an address that nobody binds.

## Why

`connect` never fails for want of a peer: ZeroMQ waits for one and retries for ever. `send()` succeeds until
the queue is full, and nothing arrives. Where a program outside of the topology binds, an external endpoint
says so.

An address on another host may well be bound there: then it is a warning. So it is for a PAIR that connects
by inproc within a program of yours: `zmq_socket_monitor` binds such an address without a socket of its own.

## Bad

```yaml
nodes:
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      req: {type: REQ, connect: tcp://127.0.0.1:5554}
```

## Good

```yaml
endpoints:
  exchange: {address: tcp://10.0.0.5:9000, type: PUB, external: true}
nodes:
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
      ticks: {type: SUB, connect: exchange, subscribe: [""]}
  client:
    command: ./client
    sockets:
      req: {type: REQ, connect: server.rep}
```

## Source

zmq_connect(3); the guide, chapter 2, "Plugging Sockets into the Topology".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.resolution import Missing, Unbound
from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext
from orchestrator.rules.nearby import fitting_connectors, is_elsewhere, nearest_bind
from orchestrator.transport.compatibility import compatible
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ310"
NAME: Final = "nobody-binds"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Tell each address that is connected and not bound, once for all who connect."""
    for unbound in context.resolution.unbound:
        if unbound.reason is Missing.TARGET_CONNECTS or fitting_connectors(unbound):
            continue
        first = unbound.connects[0]
        near = nearest_bind(context, first)
        warn = _may_be_bound(context, first, near) or _is_monitor(context, first)
        related = [
            Related(f"`{site.socket.ref}` connects to it as well", site.span) for site in unbound.connects[1:]
        ]
        shown = unbound.elsewhere or near
        if shown is not None:
            related.append(Related(f"`{shown.socket.ref}` binds {shown.text} here", shown.span))
        yield Diagnostic(
            code=CODE,
            severity=Severity.WARNING if warn else SEVERITY,
            message=_message(unbound, first),
            span=first.span,
            path=first.address.path,
            related=tuple(related),
            help=_remedy(unbound, first, near),
        )


def _may_be_bound(context: RuleContext, site: Site, near: Site | None) -> bool:
    """Whether it may be bound on another host. Not where a fitting socket waits near by that nobody meets."""
    if not is_elsewhere(site):
        return False
    waits = near is not None and not context.resolution.of(near.socket)
    return near is None or not (waits and compatible(site.socket.type, near.socket.type))


def _is_monitor(context: RuleContext, site: Site) -> bool:
    """Whether libzmq may bind it: a program that watches its sockets connects a PAIR (zmq_socket_monitor)."""
    inside = site.parsed is not None and site.parsed.transport == "inproc"
    return inside and site.socket.type is SocketType.PAIR and context.is_foreign(site.socket)


def _message(unbound: Unbound, first: Site) -> str:
    fact = f"`{first.socket.ref}` connects to {first.text}"
    if unbound.reason is Missing.OTHER_DIRECTORY:
        here = first.parsed.path if first.parsed is not None else first.text
        there = unbound.elsewhere.parsed.path if unbound.elsewhere and unbound.elsewhere.parsed else ""
        return f"{fact}, which is {here} in its working directory; the bind is at {there}"
    return f"{fact}, and nobody binds it"


def _remedy(unbound: Unbound, first: Site, near: Site | None) -> str:
    if unbound.elsewhere is not None:
        return f"write an absolute path at both ends, or `connect: {unbound.elsewhere.socket.ref}`"
    name = "NAME" if first.endpoint is None else first.endpoint.name
    outside = f"say that it is outside: `endpoints: {{{name}: {{address: {first.text}, external: true}}}}`"
    if near is None:
        return f"bind it somewhere, or {outside}"
    if is_elsewhere(first):
        return f"did you mean `{near.socket.ref}` at {near.text}? If not, {outside}"
    waits = "`send()` would succeed, and the other side would wait for ever"
    return f"did you mean `{near.socket.ref}` at {near.text}? {waits}"
