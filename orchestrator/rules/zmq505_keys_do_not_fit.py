"""CURVE keys that belong together do not.

## Why

A client knows its server by the server's public key. With the key of another one, the handshake fails and is
tried again for ever; `send()` succeeds, and nothing arrives. The same happens with a pair of the client's own
whose halves come from two pairs. A public key follows from the secret one, so both can be checked wherever
the keys can be read.

## Bad

```yaml
nodes:
  server:
    run: app.server:Server
    sockets:
      requests:
        type: ROUTER
        bind: tcp://127.0.0.1:5555
        options: {curve_server: true, curve_secretkey: "${KEY:-0123456789abcdefghijklmnopqrstuvwxyzABCD}"}
  client:
    run: app.client:Client
    sockets:
      requests:
        type: DEALER
        connect: server.requests
        options:
          curve_serverkey: "]y>6b<9WKpH)y8Y[a}^Lyu%i=iM?zQbxm8[dl*B3"
          curve_publickey: "]y>6b<9WKpH)y8Y[a}^Lyu%i=iM?zQbxm8[dl*B3"
          curve_secretkey: "${CLIENT_KEY:-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn}"
```

## Good

```yaml
nodes:
  server:
    run: app.server:Server
    sockets:
      requests:
        type: ROUTER
        bind: tcp://127.0.0.1:5555
        options: {curve_server: true, curve_secretkey: "${KEY:-0123456789abcdefghijklmnopqrstuvwxyzABCD}"}
  client:
    run: app.client:Client
    sockets:
      requests:
        type: DEALER
        connect: server.requests
        options:
          curve_serverkey: "j{I@WCRyEXDPv+x[Dpp]W9sE*jkENhJcL27BNq?d"
          curve_publickey: "]y>6b<9WKpH)y8Y[a}^Lyu%i=iM?zQbxm8[dl*B3"
          curve_secretkey: "${CLIENT_KEY:-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn}"
```

## Source

zmq_curve(7); zmq_curve_public(3); RFC 26; tried with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.mechanisms import Mechanism, Security, place_of, secured_pairs, security_of
from orchestrator.rules.mechanisms import severity_for as severity
from orchestrator.transport.option_names import option_of

CODE: Final = "ZMQ505"
NAME: Final = "keys-do-not-fit"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare each client's idea of its server with the server, and the halves of its own pair."""
    for socket in context.sockets:
        if socket.options:
            yield from _own_pair(context, security_of(context, socket))
    for _, binder, connector in secured_pairs(context):
        if binder.mechanism is not Mechanism.CURVE or connector.mechanism is not Mechanism.CURVE:
            continue
        if binder.by_key or connector.by_key:  # their keys come from files
            continue
        if binder.is_server is not connector.is_server:
            server, client = (binder, connector) if binder.is_server else (connector, binder)
            yield from _server_key(context, server, client)


def _own_pair(context: RuleContext, side: Security) -> Iterator[Diagnostic]:
    """A server's own public key counts for nothing: it follows from the secret one."""
    if side.mechanism is not Mechanism.CURVE or side.is_server or side.by_key:
        return
    public, expected = _key(side, "curve_publickey"), _public(side)
    if public is None or expected is None or public == expected:
        return
    path, span = place_of(context, side, "curve_publickey")
    yield Diagnostic(
        code=CODE,
        severity=severity(context, side),
        message=f"`{side.socket.ref}`: `curve_publickey` does not belong to `curve_secretkey`: no handshake "
        "succeeds",
        span=span,
        path=path,
        related=(Related("the secret key is here", place_of(context, side, "curve_secretkey")[1]),),
        help=f"the public key of this secret one is {expected}",
    )


def _server_key(context: RuleContext, server: Security, client: Security) -> Iterator[Diagnostic]:
    known, actual = _key(client, "curve_serverkey"), _public(server) or _key(server, "curve_publickey")
    if known is None or actual is None or known == actual:
        return
    path, span = place_of(context, client, "curve_serverkey")
    yield Diagnostic(
        code=CODE,
        severity=severity(context, server, client),
        message=f"`{client.socket.ref}` knows another key for its server than `{server.socket.ref}` has: the "
        "handshake fails, and no message passes",
        span=span,
        path=path,
        related=(
            Related(f"the keys of `{server.socket.ref}`", place_of(context, server, "curve_secretkey")[1]),
        ),
        help=f"the server's public key is {actual}",
    )


def _public(side: Security) -> str | None:
    """The public key that follows from a socket's secret one."""
    secret = _key(side, "curve_secretkey")
    if secret is None:
        return None
    from orchestrator.transport.keys import public_of  # loads zmq

    return public_of(secret)


def _key(side: Security, name: str) -> str | None:
    value = option_of(side.socket.options, name)
    return value if isinstance(value, str) and "${{" not in value else None
