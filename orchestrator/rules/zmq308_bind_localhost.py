"""A socket binds to `localhost`.

## Why

libzmq 4.3 takes it for 127.0.0.1. Older ones refuse it like every other name, and on some hosts it resolves
to ::1, which needs `ipv6: true`. The number says what is meant.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "tcp://localhost:5555"}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:5555"}
```

## Source

zmq_tcp(7); FairRoot issue 711; tried with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ308"
NAME: Final = "bind-localhost"
SEVERITY: Final = Severity.NOTE


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find binds to `localhost` by foreign programs, whose libzmq may be an old one."""
    for site in context.resolution.binds:
        parsed = site.parsed
        if parsed is None or parsed.host.lower() != "localhost" or not context.is_foreign(site.socket):
            continue
        port = "*" if parsed.port is None else parsed.port
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{site.socket.ref}` binds {site.text}; before 4.3, libzmq takes no name here",
            span=site.span,
            path=site.address.path,
            help=f"write `tcp://127.0.0.1:{port}`",
        )
