"""A socket listens on every network interface, and lets in whoever comes.

## Why

`tcp://*` and `tcp://0.0.0.0` listen on every interface of the host. ZeroMQ asks nobody for a name unless it
is told to: whoever reaches the port can subscribe, send, and take the part of a worker. Where all peers are
on this host, 127.0.0.1 is enough. Where they are not, CURVE lets in those whose keys are known, and a
firewall may do the same.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: "tcp://*:5555"}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: "tcp://127.0.0.1:5555"}
      far:
        type: PUB
        bind: "tcp://*:5556"
        options: {curve_server: true, curve_secretkey: "${KEY:-0123456789abcdefghijklmnopqrstuvwxyzABCD}"}
```

## Source

zmq_curve(7); RFC 27, ZAP; the guide, chapter 2, "Plugging Sockets into the Topology".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext
from orchestrator.rules.mechanisms import Mechanism, security_of
from orchestrator.transport.endpoint import HostKind, Transport

CODE: Final = "ZMQ322"
NAME: Final = "open-to-everyone"
SEVERITY: Final = Severity.NOTE


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find tcp binds of every interface without a mechanism that asks who comes; told once."""
    found = [site for site in context.resolution.binds if _is_open(context, site)]
    if not found:
        return
    first, *others = found
    more = f" (and {len(others)} more like it)" if others else ""
    yield Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{first.socket.ref}` binds {first.text}{more}: whoever reaches this host can talk to it, "
        "since it has no CURVE",
        span=first.span,
        path=first.address.path,
        related=tuple(Related(f"{site.text} as well", site.span) for site in others),
        help="bind 127.0.0.1, or the address of one interface, or set `curve_server` and its key",
    )


def _is_open(context: RuleContext, site: Site) -> bool:
    parsed = site.parsed
    return (
        parsed is not None
        and parsed.transport is Transport.TCP
        and parsed.host_kind is HostKind.WILDCARD
        and security_of(context, site.socket).mechanism is Mechanism.NULL
        and site.socket.options.get("tcp_accept_filter") is None
    )
