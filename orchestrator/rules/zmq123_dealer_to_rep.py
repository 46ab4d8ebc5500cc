"""A foreign program's DEALER talks to a REP.

## Why

A REP keeps the frames up to the first empty one as the way back, and hands on what follows. A REQ puts that
empty frame in front by itself, a DEALER does not: a program that sends its payload alone from a DEALER is
never answered, because the REP drops what has no empty frame. Nodes written with this project's SDK send it
by themselves; of a foreign program only its author can know.

A DEALER that binds is taken for the back of a broker, which passes on what REQs have sent.

## Bad

```yaml
nodes:
  client:
    command: ./client
    sockets:
      ask: {type: DEALER, connect: server.rep}
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
```

## Good

```yaml
nodes:
  client:
    command: ./client
    sockets:
      ask: {type: REQ, connect: server.rep, options: {rcvtimeo: 1000}}
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
```

## Source

RFC 28, "The REP Socket Type" (address envelope and delimiter); the guide, chapter 3,
"The DEALER to REP Combination".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext, binds_here
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ123"
NAME: Final = "dealer-to-rep"
SEVERITY: Final = Severity.NOTE


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Every link of a foreign DEALER with a REP, once for each pair."""
    told: set[tuple[str, str]] = set()
    for meeting, binder, connector in context.pairs():
        if {binder.type, connector.type} != {SocketType.DEALER, SocketType.REP}:
            continue
        dealer, rep = (binder, connector) if binder.type is SocketType.DEALER else (connector, binder)
        if not context.is_foreign(dealer) or (dealer.ref, rep.ref) in told or _passes_on(context, dealer):
            continue
        told.add((dealer.ref, rep.ref))
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{dealer.ref}` (DEALER) talks to `{rep.ref}` (REP): each of its messages must begin "
                "with an empty frame"
            ),
            span=meeting.link.connector_span or dealer.span,
            path=dealer.path,
            related=binds_here(meeting.link),
            help=(
                "send an empty frame first and expect one back, or make "
                f"`{dealer.ref}` a REQ, which does it by itself"
            ),
        )


def _passes_on(context: RuleContext, dealer: Socket) -> bool:
    """The back of a broker: what it sends has come from a REQ, delimiter and all."""
    beside = context.node_of(dealer).sockets.values()
    return bool(dealer.binds) or any(socket.type is SocketType.ROUTER for socket in beside)
