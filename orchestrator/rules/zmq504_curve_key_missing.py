"""A CURVE socket lacks a key without which no handshake succeeds.

## Why

A CURVE server needs its secret key. A client needs three: a pair of its own, and the server's public key.
libzmq takes an incomplete set without a word, and every handshake fails.

Judged at Python and stock nodes, whose sockets the orchestrator makes; a program of yours may take its keys
from elsewhere.

## Bad

```yaml
nodes:
  client:
    run: app.client:Client
    sockets:
      requests:
        type: DEALER
        connect: server
        options: {curve_serverkey: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"}
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
        options:
          curve_serverkey: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
          curve_publickey: "j{I@WCRyEXDPv+x[Dpp]W9sE*jkENhJcL27BNq?d"
          curve_secretkey: "${CLIENT_KEY:-0123456789abcdefghijklmnopqrstuvwxyzABCD}"
endpoints:
  server: {address: tcp://10.0.0.5:9000, type: ROUTER, external: true}
```

## Source

zmq_curve(7), "Key encoding" and "Server and client roles"; tried with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.mechanisms import Mechanism, place_of, security_of

CODE: Final = "ZMQ504"
NAME: Final = "curve-key-missing"
SEVERITY: Final = Severity.ERROR

_OF_CLIENT: Final = ("curve_serverkey", "curve_publickey", "curve_secretkey")
_OF_SERVER: Final = ("curve_secretkey",)


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find CURVE sockets without the keys of their role."""
    for socket in context.sockets:
        if not socket.options or context.is_foreign(socket):
            continue
        security = security_of(context, socket)
        if security.mechanism is not Mechanism.CURVE or security.by_key:
            continue
        needed = _OF_SERVER if security.is_server else _OF_CLIENT
        missing = [name for name in needed if name not in security.options]
        if not missing:
            continue
        path, span = place_of(context, security)
        names = " and ".join(f"`{name}`" for name in missing)
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{socket.ref}` is {security.words} without {names}: no handshake succeeds",
            span=span,
            path=path,
            help=f"add {names}" + ("" if security.is_server else ", or `curve_server: true` for a server"),
        )
