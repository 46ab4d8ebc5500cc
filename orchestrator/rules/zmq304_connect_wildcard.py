"""A socket connects to a wildcard.

## Why

`*` as a host, `*` or 0 as a port, and `ipc://*` leave a choice to the system; only a bind can take it. Over
tcp connect fails with EINVAL, over ipc it is accepted and never meets anybody.

## Bad

```yaml
nodes:
  pub:
    command: ./pub
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:5557"}
  cache:
    command: ./cache
    sockets:
      in: {type: SUB, connect: "tcp://*:5557", subscribe: [""]}
```

## Good

```yaml
nodes:
  pub:
    command: ./pub
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:5557"}
  cache:
    command: ./cache
    sockets:
      in: {type: SUB, connect: "tcp://localhost:5557", subscribe: [""]}
```

## Source

zmq_tcp(7), "Connecting a socket"; pyzmq issues 450 and 1326; tried with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import Transport

CODE: Final = "ZMQ304"
NAME: Final = "connect-wildcard"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find connects to what only a bind may hold, and name who binds there."""
    for site in context.resolution.wildcards:
        parsed = site.parsed
        assert parsed is not None
        binder = _binder(context, site)
        if parsed.transport is Transport.IPC:
            remedy = "name the path, or `connect: node.socket`"
        elif parsed.wildcard_port:
            remedy = "name the port; to meet a port that the system chooses, write `connect: node.socket`"
        elif binder is not None:
            remedy = f"write `connect: {binder.socket.ref}`, or a host: `tcp://localhost:{parsed.port}`"
        else:
            remedy = f"a connect needs a host: `tcp://localhost:{parsed.port}`"
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{site.socket.ref}` connects to {site.text}; a wildcard is for `bind` only",
            span=site.span,
            path=site.address.path,
            related=(Related(f"`{binder.socket.ref}` binds here", binder.span),)
            if binder is not None
            else (),
            help=remedy,
        )


def _binder(context: RuleContext, site: Site) -> Site | None:
    port = site.parsed.port if site.parsed is not None else None
    if port is None:
        return None
    return next((b for b in context.resolution.binds if b.parsed is not None and b.parsed.port == port), None)
