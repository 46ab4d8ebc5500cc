"""A fixed port lies in the range from which the system gives ports to outgoing connections.

## Why

Every outgoing connection gets a local port of its own. Linux takes it from 32768 to 60999. Now and then it is
the very one that a socket of the topology is to bind, and then the node does not start ("Address already in
use"), today and not tomorrow. A port below that range is nobody's but yours, and `bind: auto` or a `*` as the
port takes one that is free.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: "tcp://127.0.0.1:40001"}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: "tcp://127.0.0.1:14001"}
```

## Source

Linux, Documentation/networking/ip-sysctl, `ip_local_port_range`; RFC 6335, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.ports import bound_ports

CODE: Final = "ZMQ321"
NAME: Final = "ephemeral-port"
SEVERITY: Final = Severity.NOTE

_LOW: Final = 32768
_HIGH: Final = 60999


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find binds of ports that may be taken; told once for the topology."""
    found = [ports for ports in bound_ports(context) if ports.first <= _HIGH and ports.last >= _LOW]
    if not found:
        return
    first, *others = found
    more = f" (and {len(others)} more like it)" if others else ""
    yield Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{first.site.socket.ref}` binds {first}{more}: Linux gives the ports from {_LOW} to "
        f"{_HIGH} to outgoing connections, so that it may be taken",
        span=first.site.span,
        path=first.site.address.path,
        related=tuple(Related(f"{other} as well", other.site.span) for other in others),
        help=f"take a port below {_LOW}, or let one be chosen: `bind: auto`, or `*` as the port",
    )
