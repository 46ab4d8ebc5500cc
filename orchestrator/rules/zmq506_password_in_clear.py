"""PLAIN sends its password over the network in clear.

## Why

PLAIN protects nothing: name and password go over the wire as they are, and so does all that follows. Whoever
can listen has them. On one host that is fine; across a network CURVE is meant for it.

A node of ours whose socket says `security: plain` refuses such an address, and does not start: an error. With
`security: {mechanism: plain, unencrypted: true}` it does as it is told.

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
        trusting = socket.security is not None and socket.security.unencrypted
        if security.mechanism is not Mechanism.PLAIN or (security.by_key and trusting):
            continue
        refused = security.by_key and not context.is_foreign(socket)
        told.add(socket.ref)
        path, span = place_of(context, security)
        yield Diagnostic(
            code=CODE,
            severity=Severity.ERROR if refused else SEVERITY,
            message=f"`{socket.ref}` is {security.words} at {site.text}: names and passwords go over the "
            "network in clear" + (", so the node refuses to start" if refused else ""),
            span=span,
            path=path,
            related=(Related("the address is here", site.span),),
            help="use CURVE, or an address of this host alone"
            + ("; where the network is trusted, add `unencrypted: true` to `security`" if refused else ""),
        )


def _is_far(site: Site) -> bool:
    parsed = site.parsed
    return parsed is not None and parsed.transport is Transport.TCP and parsed.host_kind in _FAR
