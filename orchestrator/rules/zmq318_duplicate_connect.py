"""A socket connects twice to the same address.

## Why

PUSH, DEALER, REQ and ROUTER open two connections, so that peer gets twice its share; SUB and PUB ignore the
second. It is hardly ever meant.

## Bad

```yaml
nodes:
  source:
    command: ./source
    sockets:
      out: {type: PUSH, connect: [sink.in, "tcp://127.0.0.1:5561"]}
  sink:
    command: ./sink
    sockets:
      in: {type: PULL, bind: tcp://127.0.0.1:5561}
```

## Good

```yaml
nodes:
  source:
    command: ./source
    sockets:
      out: {type: PUSH, connect: sink.in}
  sink:
    command: ./sink
    sockets:
      in: {type: PULL, bind: tcp://127.0.0.1:5561}
```

## Source

zmq_connect(3): "for some socket types, multiple connections to the same endpoint do not really make sense".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.resolution import Meeting
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ318"
NAME: Final = "duplicate-connect"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find links that join the same two ends twice."""
    first: dict[tuple[str, int], Meeting] = {}
    for meeting in context.resolution.meetings:
        link = meeting.link
        if link.connector is None or meeting.bind is None or link.connector_span is None:
            continue
        if meeting.connect is not None and len(meeting.bind.spots) > 1:
            continue  # a literal address: one replica of the binder, and the next one may be another
        other = first.setdefault((link.connector.ref, id(meeting.bind)), meeting)
        if other is meeting or other.link.connector_span is None:
            continue
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{link.connector.ref}` connects twice to `{meeting.bind.socket.ref}` at {link.address}",
            span=link.connector_span,
            path=link.connector.path,
            related=(Related("the first connect", other.link.connector_span),),
            help="take one of the two out; a PUSH or DEALER would open two connections, a SUB ignores "
            "the second",
        )
