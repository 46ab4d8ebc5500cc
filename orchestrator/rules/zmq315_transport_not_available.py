"""An address uses a transport that an ordinary libzmq does not have.

## Why

The libzmq in pyzmq's wheels has tcp, ipc, inproc and tipc. pgm, epgm, norm, vmci and vsock must be compiled
in; ws, wss and udp belong to the draft API. A Python node fails at its start (EPROTONOSUPPORT). A foreign
program may bring a libzmq of its own: there it is a warning.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      out: {type: PUB, bind: "ws://127.0.0.1:8080"}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:8080"}
```

## Source

zmq_has(3); tried with pyzmq 27.3.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import Transport

CODE: Final = "ZMQ315"
NAME: Final = "transport-not-available"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find transports that need a special build, each once per socket."""
    told: set[tuple[str, str]] = set()
    for site in context.all_sites:
        parsed = site.parsed
        if parsed is None or parsed.transport.in_wheel or parsed.transport is Transport.UDP:
            continue  # udp carries none of the stable types: that is another finding
        if (site.socket.ref, parsed.transport) in told:
            continue
        told.add((site.socket.ref, parsed.transport))
        foreign = context.is_foreign(site.socket)
        yield Diagnostic(
            code=CODE,
            severity=Severity.WARNING if foreign else SEVERITY,
            message=f"`{site.socket.ref}`: {parsed.transport} needs a libzmq that is built with it, and "
            "few are",
            span=site.span,
            path=site.address.path,
            help=(
                "see that the program's libzmq has it (`zmq_has`), or use tcp"
                if foreign
                else "use tcp or ipc; the libzmq in pyzmq's wheels does not have it"
            ),
        )
