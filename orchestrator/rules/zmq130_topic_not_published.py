"""A subscription matches no topic that its publishers send.

## Why

A SUB gets the messages whose first frame begins with one of its subscriptions, byte for byte: case counts,
and so does a delimiter too many. A subscription that matches nothing is silent.

Publishers that do not declare `topics` are not judged.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      weather: {type: PUB, bind: tcp://127.0.0.1:5555, topics: [Weather.nyc, weather]}
  reader:
    command: ./reader
    sockets:
      weather: {type: SUB, connect: feed.weather, subscribe: [weather.]}
```

## Good

```yaml
nodes:
  feed:
    command: ./feed
    sockets:
      weather: {type: PUB, bind: tcp://127.0.0.1:5555, topics: [weather.nyc, weather.sfo]}
  reader:
    command: ./reader
    sockets:
      weather: {type: SUB, connect: feed.weather, subscribe: [weather.]}
```

## Source

RFC 29; libzmq issue 3956.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.parts import listing, nearest
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import Path, SocketType

CODE: Final = "ZMQ130"
NAME: Final = "topic-not-published"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare each subscription with the topics of all its publishers, when all of them declare some."""
    for socket in context.sockets:
        if socket.type is not SocketType.SUB or not socket.subscribe:
            continue
        publishers = _publishers(context, socket)
        if not publishers or any(not _is_known(p) for p in publishers):
            continue
        topics = tuple(dict.fromkeys(t for p in publishers for t in p.topics or ()))
        for index, wanted in enumerate(socket.subscribe):
            if not _is_unfinished(wanted) and not any(t.startswith(wanted) for t in topics):
                yield _finding(context, socket, index, wanted, publishers, topics)


def _publishers(context: RuleContext, socket: Socket) -> list[Socket]:
    """Empty where an outside system publishes as well: what it sends is not known."""
    if any(meeting.other(socket) is None for meeting in context.resolution.of(socket)):
        return []
    found = {p.ref: p for _, p in context.peers(socket) if p.type in (SocketType.PUB, SocketType.XPUB)}
    return list(found.values())


def _is_known(publisher: Socket) -> bool:
    return publisher.topics is not None and not any(map(_is_unfinished, publisher.topics))


def _is_unfinished(topic: str) -> bool:
    """Whether a reference stands in it, which is not known here."""
    return "${{" in topic


def _finding(
    context: RuleContext,
    socket: Socket,
    index: int,
    wanted: str,
    publishers: list[Socket],
    topics: tuple[str, ...],
) -> Diagnostic:
    path: Path = (*socket.path, "subscribe", index)
    who = " and ".join(f"`{p.ref}`" for p in publishers)
    sends = f"sends {listing(topics)}" if topics else "sends no topic"
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{socket.ref}` subscribes to `{wanted}`, but {who} {sends}: none of them begins with it",
        span=context.topology.place(*path),
        path=path,
        related=tuple(
            Related(f"the topics of `{p.ref}`", context.topology.place(*p.path, "topics")) for p in publishers
        ),
        help=_remedy(wanted, topics),
    )


def _remedy(wanted: str, topics: Iterable[str]) -> str:
    rule = "matching is by the first bytes of the first frame, case included"
    near = _near(wanted, list(topics))
    return f"did you mean `{near}`? {rule}" if near else f"subscribe to the beginning of a topic; {rule}"


def _near(wanted: str, topics: list[str]) -> str | None:
    bare = wanted.rstrip("./:-_ ")
    for topic in topics:
        if bare and topic.startswith(bare):
            return bare if bare != wanted else topic
    for topic in topics:
        if topic.lower().startswith(wanted.lower()):
            return topic[: len(wanted)]
    return nearest(wanted, topics)
