"""An IPv6 address is used, and the socket has IPv6 switched off.

## Why

libzmq's sockets are IPv4 only until `ipv6` is set. A bind to an IPv6 address fails with ENODEV; a connect
is accepted and never gets through.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      out: {type: PUB, bind: "tcp://[::1]:5555"}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      out: {type: PUB, bind: "tcp://[::1]:5555", options: {ipv6: true}}
```

## Source

zmq_setsockopt(3), ZMQ_IPV6, default 0; tried with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.option_names import option_of

CODE: Final = "ZMQ317"
NAME: Final = "ipv6-off"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find IPv6 addresses of sockets without `ipv6`. A foreign program may set it itself: a warning there."""
    for site in context.all_sites:
        parsed = site.parsed
        if parsed is None or ":" not in parsed.host or option_of(site.socket.options, "ipv6"):
            continue
        yield Diagnostic(
            code=CODE,
            severity=Severity.WARNING if context.is_foreign(site.socket) else SEVERITY,
            message=f"`{site.socket.ref}`: {site.text} is an IPv6 address, and the socket is IPv4 only",
            span=site.span,
            path=site.address.path,
            help="add `options: {ipv6: true}`",
        )
