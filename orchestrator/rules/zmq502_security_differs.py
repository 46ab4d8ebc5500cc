"""The two ends of a link use different security mechanisms.

## Why

CURVE, PLAIN and NULL (none) do not understand each other: the handshake fails and is tried again for ever.
`send()` succeeds, nothing arrives, and only a socket monitor tells of it (HANDSHAKE_FAILED_PROTOCOL). Both
ends must have the same mechanism. inproc knows none.

A program of yours may set its security itself; then the file does not say all, and this is a note.

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
      requests: {type: DEALER, connect: server.requests}
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
        options: {plain_server: true}
  client:
    run: app.client:Client
    sockets:
      requests:
        type: DEALER
        connect: server.requests
        options: {plain_username: client, plain_password: "${PASSWORD:-unknown}"}
```

## Source

RFC 23 (ZMTP 3.0), "Security"; RFC 26 (CURVE); zmq_curve(7); tried with libzmq 4.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.mechanisms import Mechanism, Security, place_of, secured_pairs

CODE: Final = "ZMQ502"
NAME: Final = "security-differs"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the mechanisms of both ends of every link that has one."""
    for _, binder, connector in secured_pairs(context):
        if binder.mechanism is connector.mechanism or Mechanism.OTHER in (
            binder.mechanism,
            connector.mechanism,
        ):
            continue
        speaker, other = (connector, binder) if connector.is_said else (binder, connector)
        path, span = place_of(context, speaker)
        yield Diagnostic(
            code=CODE,
            severity=_severity(context, other),
            message=f"`{speaker.socket.ref}` is {speaker.words}, and `{other.socket.ref}` at the other end "
            + (f"is {other.words}" if other.is_said else f"has {other.words}")
            + ": the handshake fails, and no message passes",
            span=span,
            path=path,
            related=(Related(f"`{other.socket.ref}` is here", place_of(context, other)[1]),),
            help=_remedy(speaker, other),
        )


def _severity(context: RuleContext, other: Security) -> Severity:
    """A program of the user's that says nothing may well set its keys by itself."""
    silent = not other.is_said and context.is_foreign(other.socket)
    return Severity.NOTE if silent else SEVERITY


def _remedy(speaker: Security, other: Security) -> str:
    if speaker.by_key or other.by_key:
        word = (other if other.mechanism is not Mechanism.NULL else speaker).mechanism.lower()
        return f"write `security: {word}` at both, or `security: null`"
    if other.options:
        return "give both ends the same mechanism"
    if speaker.mechanism is Mechanism.CURVE:
        needed = (
            "`curve_serverkey`, `curve_publickey` and `curve_secretkey`"
            if speaker.is_server
            else "`curve_server` and `curve_secretkey`"
        )
    else:
        needed = "`plain_username` and `plain_password`" if speaker.is_server else "`plain_server`"
    return f"give `{other.socket.ref}` {needed}, or take the options out here"
