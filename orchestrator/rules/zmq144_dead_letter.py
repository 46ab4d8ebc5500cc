"""There is no way for what could not be handled to leave the node.

## Why

`on_error: dead-letter` sends a message that failed to the node's `dead_letter` socket. That must be a
socket which can send at any time: PUSH, PUB, XPUB, DEALER or PAIR. A REQ or REP may only send in its turn,
and a ROUTER only to a peer it knows.

What it sends are frames: the reason and the origin as JSON, then the message as it came. Whoever reads them
needs `codec: raw` and no envelope, whatever the codec of the message was: a socket that says otherwise is a
warning.

## Bad

```yaml
nodes:
  worker:
    run: app.worker:Worker
    on_error: dead-letter
    sockets:
      jobs: {type: PULL, bind: auto, codec: json}
```

## Good

```yaml
nodes:
  worker:
    run: app.worker:Worker
    on_error: dead-letter
    dead_letter: rejected
    sockets:
      jobs: {type: PULL, bind: auto, codec: json}
      rejected: {type: PUSH, bind: auto}
```

## Source

The language reference, `on_error` and `dead_letter`; RFC 28.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Node, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import codec_of
from orchestrator.rules.promising import has_envelope
from orchestrator.vocabulary import CodecName, SocketType
from orchestrator.wire.qos import OnError

CODE: Final = "ZMQ144"
NAME: Final = "dead-letter"
SEVERITY: Final = Severity.ERROR

_FREE: Final = (SocketType.PUSH, SocketType.PUB, SocketType.XPUB, SocketType.DEALER, SocketType.PAIR)


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Look at `on_error` and `dead_letter` of every node of ours. A missing socket is the model's to tell."""
    for node in context.topology.nodes.values():
        if not node.is_python:
            continue
        if node.dead_letter is None and node.on_error is OnError.DEAD_LETTER:
            sending = [socket.name for socket in node.sockets.values() if socket.type in _FREE]
            only = f"`dead_letter: {sending[0]}`" if len(sending) == 1 else "`dead_letter:` with its name"
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{node.name}` has no `dead_letter` socket to send to",
                span=context.topology.place(*node.path, "on_error"),
                path=(*node.path, "on_error"),
                help=f"declare a PUSH or PUB for them, and add {only}; or write `on_error: skip`",
            )
        socket = node.sockets.get(node.dead_letter or "")
        if socket is not None:
            yield from _judged(context, node, socket)


def _judged(context: RuleContext, node: Node, socket: Socket) -> Iterator[Diagnostic]:
    fact = remedy = None
    severity = SEVERITY
    if socket.type not in _FREE:
        why = "may only send in its turn" if socket.type.sends else "cannot send"
        why = "sends only to a peer it knows" if socket.type is SocketType.ROUTER else why
        fact = f"`{socket.ref}` is {socket.type}, which {why}: it cannot take what failed"
        remedy = "name a PUSH or PUB"
    elif has_envelope(context, socket) or codec_of(context, socket) not in (None, CodecName.RAW):
        said = "the envelope" if has_envelope(context, socket) else f"{codec_of(context, socket)}"
        fact = f"dead letters are frames, and those who read `{socket.ref}` expect {said}"
        remedy = "take `message`, `codec` and `envelope` out there and at its readers, or write `codec: raw`"
        severity = Severity.WARNING
    if fact is not None:
        yield Diagnostic(
            code=CODE,
            severity=severity,
            message=fact,
            span=context.topology.place(*node.path, "dead_letter"),
            path=(*node.path, "dead_letter"),
            related=(Related(f"`{socket.ref}` is here", socket.span),),
            help=remedy,
        )
