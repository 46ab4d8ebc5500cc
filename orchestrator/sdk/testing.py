"""Drive a node with lists: no sockets, no waiting, no topology.

`drive` takes all messages at once and tells what came of them. `harness` goes step by step, with a clock that
the test moves. Both take classes, functions, generators, and all of them on asyncio.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sdk.framing import Peer
from orchestrator.sdk.lists.harness import Harness, harness
from orchestrator.sdk.lists.living import Answers, Life
from orchestrator.sdk.lists.worlds import LIMIT, TINY_S, Frames, Pause, With, World
from orchestrator.sdk.node import Node
from orchestrator.sdk.reports.progress import SocketCounters
from orchestrator.vocabulary import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a node did."""

    sent: Mapping[str, list[Any]]
    """Socket name -> the messages sent on it, replies included, in order."""
    marked: Mapping[str, list[str | Peer | None]]
    """Socket name -> the topic or peer of each of these messages."""
    slept_s: float
    """How long it would have slept with `node.sleep`."""
    counters: Mapping[str, SocketCounters]
    """Socket name -> what has come and gone there."""
    meters: Mapping[str, float]
    """The node's own counters and gauges: name, with its labels in braces if it has some -> value."""
    node: Node | None = field(default=None, repr=False)
    """The node itself, for a look at its attributes; None for a function."""


def drive(
    target: object,
    *,
    sockets: Mapping[str, str],
    feed: Mapping[str, Iterable[Any]] | Iterable[tuple[str, Any] | Pause] = (),
    params: Mapping[str, JsonValue] | None = None,
    codecs: Mapping[str, str] | None = None,
    name: str = "node",
    replica: int = 0,
    on_error: str = "fail",
    dead_letter: str | None = None,
    seconds: float = 0.0,
    answers: Answers | None = None,
    limit: int = LIMIT,
) -> Ran:
    """Set the node up, feed it, tear it down, and tell what it sent.

    `sockets` gives the type of each socket. `feed` is what arrives: lists by socket, or pairs of socket and
    message where the order across sockets matters. `codecs` names the codec of a socket; messages then take
    the way through it and back, and one that does not fit raises. Without one they pass as they are, but maps
    for a handler that takes a dataclass become one. `on_error` and `dead_letter` are those of the topology.

    `answers` play the services that the node asks: for each REQ or DEALER a function from the request to the
    reply, which may raise. Without one, replies are taken from the feed.

    Time stands still but for a `Pause` between two pairs, `seconds` at the end, and what the node sleeps:
    timers (`@every`) run then.

    Raises what the node raises, and the errors that would keep it from starting.
    """
    world = World(sockets, codecs, limit)
    world.turn = _Script(world, [*_ordered(feed), Pause(seconds)])
    try:
        life = Life(
            target,
            world,
            name=name,
            params=params,
            replica=replica,
            on_error=on_error,
            dead_letter=dead_letter,
            answers=answers,
        )
        life.live()
    finally:
        world.control.close()
    return Ran(
        sent={s.name: s.outgoing for s in world.fakes},
        marked={s.name: s.marks for s in world.fakes},
        slept_s=world.slept_s,
        counters={s.name: s.counters for s in world.fakes},
        meters=world.meters(),
        node=life.node,
    )


def _ordered(feed: Mapping[str, Iterable[Any]] | Iterable[tuple[str, Any] | Pause]) -> Iterator[Any]:
    if isinstance(feed, Mapping):
        return ((name, message) for name, messages in feed.items() for message in messages)
    return iter(feed)


class _Script:
    """What happens whenever the node waits: the next message of the feed, then time, then the end."""

    def __init__(self, world: World, steps: list[Any]) -> None:
        self._world = world
        self._steps = iter(steps)
        self._until = 0.0
        """The end of the pause at hand."""

    def __call__(self, until: float | None, idle: bool) -> bool:
        world = self._world
        while True:
            if self._until > world.now:
                if until is not None and until <= self._until + TINY_S:
                    world.now = max(world.now, until)
                    return False
                world.now = self._until
            step = next(self._steps, None)
            if step is None:
                return self._end(until, idle)
            if isinstance(step, Pause):
                self._until = world.now + step.seconds
                continue
            name, message = step
            world.socket(name).deliver(message)
            return False

    def _end(self, until: float | None, idle: bool) -> bool:
        """Whoever sleeps, or has something in hand, goes on; timers alone are no reason to."""
        if not idle and until is not None:
            self._world.now = max(self._world.now, until)
        elif idle or not self._world.control.in_hand:
            self._world.control.stop()
        else:
            return True
        return False


__all__ = ["LIMIT", "Frames", "Harness", "Pause", "Ran", "With", "drive", "harness"]
