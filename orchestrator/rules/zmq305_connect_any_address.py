"""A socket connects to 0.0.0.0 or [::].

## Why

These mean "every interface" to a bind. To a connect they mean nothing in particular: Linux takes them for
this host, other systems refuse them.

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
      req: {type: REQ, connect: tcp://0.0.0.0:5555}
```

## Good

```yaml
nodes:
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      req: {type: REQ, connect: tcp://127.0.0.1:5555}
```

## Source

RFC 1122, section 3.2.1.3: 0.0.0.0 may be a source address only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import HostKind

CODE: Final = "ZMQ305"
NAME: Final = "connect-any-address"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find connects to an address that means every interface."""
    for site in context.resolution.connects:
        parsed = site.parsed
        if parsed is None or parsed.host_kind is not HostKind.WILDCARD:
            continue
        host = "127.0.0.1" if parsed.host == "0.0.0.0" else "[::1]"
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{site.socket.ref}` connects to {site.text}, which means every interface and "
            "names no host",
            span=site.span,
            path=site.address.path,
            help=f"write `tcp://{host}:{parsed.port}`, or the host it is on",
        )
