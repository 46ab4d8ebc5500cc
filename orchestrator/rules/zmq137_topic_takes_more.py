"""A subscription to one topic takes others as well.

## Why

A SUB gets every message whose first bytes are those of its subscription: there is no end mark. `A` takes the
topic `A`, and `AAPL` and `AMZN` with it. When a subscription is the whole name of one topic, and the
beginning of another that goes on without a separator, the other is hardly meant.

A subscription that ends in a separator (`sensor.`), and one below which topics go on with one (`sensor`,
`sensor.1`), is taken for a prefix on purpose.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, topics: [A, AAPL]}
  client:
    command: ./client
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [A]}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5555, topics: ["A|", "AAPL|"]}
  client:
    command: ./client
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: ["A|"]}
```

## Source

RFC 29, "The SUB Socket Type": messages are filtered by prefix matching; the guide, chapter 5,
"Pub-Sub Message Envelopes".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.parts import listing
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import Path, SocketType

CODE: Final = "ZMQ137"
NAME: Final = "topic-takes-more"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare each subscription with the topics of the publishers that it meets."""
    for socket in context.sockets:
        if socket.type is not SocketType.SUB or not socket.subscribe:
            continue
        publishers = [p for _, p in context.peers(socket) if p.topics]
        topics = dict.fromkeys(topic for p in publishers for topic in p.topics or ())
        for index, wanted in enumerate(socket.subscribe):
            more = [t for t in topics if _goes_on(wanted, t) and t not in socket.subscribe]
            if wanted not in topics or not more:
                continue
            path: Path = (*socket.path, "subscribe", index)
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=(
                    f"`{socket.ref}` subscribes to `{wanted}`, and gets {listing(more)} with it: "
                    "a subscription is the beginning of a topic"
                ),
                span=context.topology.place(*path),
                path=path,
                related=tuple(
                    Related(f"the topics of `{p.ref}`", context.topology.place(*p.path, "topics"))
                    for p in {p.ref: p for p in publishers}.values()
                ),
                help=(
                    "end every topic with a separator, at the publisher and here (`A|`); or subscribe to the "
                    "others as well, if they are wanted"
                ),
            )


def _goes_on(wanted: str, topic: str) -> bool:
    """Whether a topic begins with the whole subscription and goes on with a letter or a digit."""
    return (
        wanted != ""
        and wanted[-1].isalnum()
        and topic.startswith(wanted)
        and topic[len(wanted) :][:1].isalnum()
    )
