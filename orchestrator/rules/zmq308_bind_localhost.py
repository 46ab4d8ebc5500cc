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

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ308"
NAME: Final = "bind-localhost"
SEVERITY: Final = Severity.NOTE


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find binds to `localhost` by foreign programs, whose libzmq may be an old one; told once."""
    found = [site for site in context.resolution.binds if _is_localhost(context, site)]
    if not found:
        return
    first = found[0]
    port = first.text.rpartition(":")[2]
    others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    yield Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{first.socket.ref}`{others} binds {first.text}; before 4.3, libzmq takes no name here",
        span=first.span,
        path=first.address.path,
        related=tuple(
            Related(f"`{site.socket.ref}` binds {site.text} here", site.span) for site in found[1:]
        ),
        help=f"write `tcp://127.0.0.1:{port}`",
    )


def _is_localhost(context: RuleContext, site: Site) -> bool:
    parsed = site.parsed
    return parsed is not None and parsed.host.lower() == "localhost" and context.is_foreign(site.socket)
