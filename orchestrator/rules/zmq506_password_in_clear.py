"""PLAIN sends its password over the network in clear.

## Why

PLAIN protects nothing: name and password go over the wire as they are, and so does all that follows. Whoever
can listen has them. On one host that is fine; across a network CURVE is meant for it.

## Bad

```yaml
nodes:
  client:
    run: app.client:Client
    sockets:
      requests:
        type: DEALER
        connect: server
        options: {plain_username: client, plain_password: "${PASSWORD:-unknown}"}
endpoints:
  server: {address: tcp://10.0.0.5:9000, type: ROUTER, external: true}
```

## Good

```yaml
nodes:
  client:
    run: app.client:Client
    sockets:
      requests:
        type: DEALER
        connect: server
        options: {plain_username: client, plain_password: "${PASSWORD:-unknown}"}
endpoints:
  server: {address: tcp://127.0.0.1:9000, type: ROUTER, external: true}
```

## Source

RFC 24 (PLAIN), "Security Considerations"; zmq_plain(7).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext
from orchestrator.rules.mechanisms import Mechanism, place_of, security_of
from orchestrator.transport.endpoint import HostKind, Transport

CODE: Final = "ZMQ506"
NAME: Final = "password-in-clear"
SEVERITY: Final = Severity.WARNING

_FAR: Final = frozenset({HostKind.WILDCARD, HostKind.IPV4, HostKind.IPV6, HostKind.NAME})


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find PLAIN sockets with an address that leads off this host; each socket once."""
    told: set[str] = set()
    for site in context.all_sites:
        socket = site.socket
        if not (socket.options or context.securities) or socket.ref in told or not _is_far(site):
            continue
        security = security_of(context, socket)
        if security.mechanism is not Mechanism.PLAIN:
            continue
        told.add(socket.ref)
        path, span = place_of(context, security)
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{socket.ref}` is {security.words} at {site.text}: names and passwords go over the "
            "network in clear",
            span=span,
            path=path,
            related=(Related("the address is here", site.span),),
            help="use CURVE, or an address of this host alone",
        )


def _is_far(site: Site) -> bool:
    parsed = site.parsed
    return parsed is not None and parsed.transport is Transport.TCP and parsed.host_kind in _FAR
