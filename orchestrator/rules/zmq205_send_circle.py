"""Nodes push to each other in a circle, and all of them can block at once.

## Why

A PUSH whose queues are full waits until the other end has taken something. When every node of a circle waits
to push, nobody pulls any more, and the circle stands still for good: no error, no crash, and each process
alive. It takes a burst of more messages than the queues of the circle hold (1000 at each end of a link by
default), so that it works in tests and stops in production.

A PUSH with `sndtimeo`, and a link with a queue that has no limit (`sndhwm: 0` or `rcvhwm: 0`), can't be
caught in it. Whether messages are many, and whether one of them leads to the next, only the authors know:
therefore this is a note, and none is made of a circle with a task in it.

## Bad

```yaml
nodes:
  crawler:
    command: ./crawler
    sockets:
      pages: {type: PUSH, connect: parser.pages}
      links: {type: PULL, bind: tcp://127.0.0.1:5555}
  parser:
    command: ./parser
    sockets:
      pages: {type: PULL, bind: tcp://127.0.0.1:5556}
      links: {type: PUSH, connect: crawler.links}
```

## Good

```yaml
nodes:
  crawler:
    command: ./crawler
    sockets:
      pages: {type: PUSH, connect: parser.pages, options: {sndtimeo: 1000}}
      links: {type: PULL, bind: tcp://127.0.0.1:5555}
  parser:
    command: ./parser
    sockets:
      pages: {type: PULL, bind: tcp://127.0.0.1:5556}
      links: {type: PUSH, connect: crawler.links}
```

## Source

RFC 30, "The PUSH Socket Type" (mute state); zmq_setsockopt(3), ZMQ_SNDHWM and ZMQ_SNDTIMEO.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Link, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.span import Span
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ205"
NAME: Final = "send-circle"
SEVERITY: Final = Severity.NOTE


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Print each circle of blocking sends once."""
    from orchestrator.graph.circles import send_circles  # the graph's floor is not loaded for nothing

    for circle in send_circles(context.topology, context.resolution.links):
        steps = [_pushes(link) for link in circle]
        first = min(range(len(steps)), key=lambda i: steps[i][2])
        steps = steps[first:] + steps[:first]
        names = [sending.node for sending, _, _ in steps]
        way = " → ".join(f"`{name}`" for name in (*names, names[0]))
        sending = steps[0][0]
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"messages are pushed in a circle: {way}; once all queues are full, "
                "each waits for the next for ever"
            ),
            span=steps[0][2],
            path=sending.path,
            related=tuple(
                Related(f"`{sender.node}` pushes to `{taker.node}` here", span)
                for sender, taker, span in steps[1:]
            ),
            help=(
                f"let one of them not wait for ever: `options: {{sndtimeo: 1000}}` at `{sending.ref}`, and a "
                "place for what it could not send; or break the circle"
            ),
        )


def _pushes(link: Link) -> tuple[Socket, Socket, Span]:
    assert link.binder is not None and link.connector is not None
    assert link.binder_span is not None and link.connector_span is not None
    if link.connector.type is SocketType.PUSH:
        return link.connector, link.binder, link.connector_span
    return link.binder, link.connector, link.binder_span
