"""An endpoint is defined and no socket binds or connects to it.

## Why

An address that nobody names is part of no link. Often a socket was meant to name it, or it was left behind
when the last socket went. Endpoints of included files are not told.

## Bad

```yaml
endpoints:
  exchange: {address: tcp://10.0.0.5:9000, type: PUB, external: true}
  archive: {address: tcp://10.0.0.6:9000, type: PULL, external: true}
nodes:
  feed:
    command: ./feed
    sockets:
      raw: {type: SUB, connect: exchange, subscribe: [""]}
```

## Good

```yaml
endpoints:
  exchange: {address: tcp://10.0.0.5:9000, type: PUB, external: true}
nodes:
  feed:
    command: ./feed
    sockets:
      raw: {type: SUB, connect: exchange, subscribe: [""]}
```

## Source

The language reference, `endpoints`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Endpoint, Topology
from orchestrator.rules.context import RuleContext
from orchestrator.rules.definitions import is_own, removal

CODE: Final = "ZMQ913"
NAME: Final = "unused-endpoint"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find endpoints that no socket names, nor writes the address of."""
    used = {address.text for socket in context.sockets for address in (*socket.binds, *socket.connects)}
    endpoints = [endpoint for endpoint in context.topology.endpoints.values() if is_own(context, endpoint)]
    for endpoint in endpoints:
        if endpoint.name not in used:
            yield _finding(context.topology, endpoint, endpoints, written=endpoint.address in used)


def _finding(topology: Topology, idle: Endpoint, section: list[Endpoint], *, written: bool) -> Diagnostic:
    more = ", though its address is written out elsewhere" if written else ""
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"no socket binds or connects to `{idle.name}`{more}",
        span=idle.span,
        path=idle.path,
        help=f"name it in place of {idle.address}"
        if written
        else "name it in `bind` or `connect`, or remove it",
        fix=None if written else removal(topology, idle, section),
    )
