"""Both ends of a secured link are servers, or both are clients.

## Why

CURVE and PLAIN have two roles: the server is asked, the client proves who it is. With two of a kind the
handshake fails and is tried again for ever, while `send()` succeeds. Which end is the server has nothing to
do with which end binds.

## Bad

```yaml
nodes:
  server:
    run: app.server:Server
    sockets:
      requests: {type: ROUTER, bind: tcp://127.0.0.1:5555, options: {plain_server: true}}
  client:
    run: app.client:Client
    sockets:
      requests: {type: DEALER, connect: server.requests, options: {plain_server: true}}
```

## Good

```yaml
nodes:
  server:
    run: app.server:Server
    sockets:
      requests: {type: ROUTER, bind: tcp://127.0.0.1:5555, options: {plain_server: true}}
  client:
    run: app.client:Client
    sockets:
      requests:
        type: DEALER
        connect: server.requests
        options: {plain_username: client, plain_password: "${PASSWORD:-unknown}"}
```

## Source

RFC 24 (PLAIN), RFC 26 (CURVE); zmq_curve(7), zmq_plain(7); tried with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.mechanisms import Mechanism, Security, place_of, secured_pairs, severity_for

CODE: Final = "ZMQ503"
NAME: Final = "security-roles"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find links with two servers or two clients of one mechanism."""
    for _, binder, connector in secured_pairs(context):
        if binder.mechanism is not connector.mechanism or binder.mechanism is Mechanism.OTHER:
            continue
        if binder.is_server is not connector.is_server or (binder.by_key and connector.by_key):
            continue
        path, span = place_of(context, connector, _server_option(connector))
        yield Diagnostic(
            code=CODE,
            severity=severity_for(context, binder, connector),
            message=f"`{connector.socket.ref}` is {connector.words}, and so is `{binder.socket.ref}` at the "
            "other end: the handshake fails, and no message passes",
            span=span,
            path=path,
            related=(
                Related(
                    f"`{binder.socket.ref}` is here", place_of(context, binder, _server_option(binder))[1]
                ),
            ),
            help=_remedy(binder),
        )


def _server_option(side: Security) -> str | None:
    return f"{side.mechanism.lower()}_server" if side.is_server else None


def _remedy(side: Security) -> str:
    option = f"{side.mechanism.lower()}_server"
    if not side.is_server:
        return f"set `{option}: true` at one of them"
    client = (
        "`curve_serverkey`, `curve_publickey` and `curve_secretkey`"
        if side.mechanism is Mechanism.CURVE
        else "`plain_username` and `plain_password`"
    )
    return f"take `{option}` out at one of them, and give it {client}"
