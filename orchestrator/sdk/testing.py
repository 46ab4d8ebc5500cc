"""Drive a node with lists: no sockets, no threads, no clock, no topology.

    from orchestrator.sdk.testing import drive

    ran = drive(Strategy, sockets={"ticks": "SUB", "orders": "PUSH"}, feed={"ticks": [{"price": 1}, {"price":
    2}]}) assert ran.sent["orders"] == [{"qty": 1}]

Works for classes, functions, generators, and async handlers and sources. A node with a loop of its own is
stopped when it waits for a message that is not in the feed.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.sdk.errors import NodeError, Stopped
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.lists import LIMIT, Pause, With, World
from orchestrator.sdk.node import Node
from orchestrator.sdk.periods import Period, periods_of
from orchestrator.sdk.progress import SocketCounters
from orchestrator.sdk.receiving import Receiver, receivers_of
from orchestrator.sdk.rejects import Rejects
from orchestrator.sdk.runners import make_runner
from orchestrator.vocabulary import JsonValue
from orchestrator.wire.qos import OnError


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
    limit: int = LIMIT,
) -> Ran:
    """Set the node up, feed it, tear it down, and tell what it sent.

    `sockets` gives the type of each socket. `feed` is what arrives: lists by socket, or pairs of socket and
    message where the order across sockets matters. `codecs` names the codec of a socket; messages then take
    the way through it and back, and one that does not fit raises. Without one they pass as they are, but maps
    for a handler that takes a dataclass become one. `on_error` and `dead_letter` are those of the topology.

    Time stands still but for a `Pause` between two pairs, `seconds` at the end, and what the node sleeps:
    timers (`@every`) run then.

    Raises what the node raises, and the errors that would keep it from starting.
    """
    world = World(sockets, codecs, limit)
    control = world.control
    rejects = control.rejects = Rejects(name, on_error=OnError(on_error))
    rejects.watch(world.fakes, dead_letter)
    try:
        runner = make_runner(target, world.context(name, params or {}, replica))
        runner.setup()
        try:
            _work(world, runner, list(_ordered(feed)), seconds)
        except Stopped:
            pass
        finally:
            runner.teardown()
            rejects.samples.flush()
    finally:
        control.close()
    return Ran(
        sent={s.name: s.outgoing for s in world.fakes},
        marked={s.name: s.marks for s in world.fakes},
        slept_s=world.slept_s,
        counters={s.name: s.counters for s in world.fakes},
        meters={_metered(n, labels): v for _, n, _, labels, v in control.progress.meters.told()},
        node=getattr(runner, "node", None),
    )


def _metered(name: str, labels: Mapping[str, str]) -> str:
    told = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{told}}}" if told else name


def _ordered(feed: Mapping[str, Iterable[Any]] | Iterable[tuple[str, Any] | Pause]) -> Iterator[Any]:
    if isinstance(feed, Mapping):
        return ((name, message) for name, messages in feed.items() for message in messages)
    return iter(feed)


def _work(world: World, runner: Any, feed: list[tuple[str, Any] | Pause], seconds: float) -> None:
    receivers, periods = _receivers(runner), _periods(runner)
    if receivers is None and not periods:
        _run_alone(world, runner, feed)
        return
    by_name = {r.socket.name: r for r in receivers or ()}
    for period in periods:
        period.spawn = lambda result: runner.call(lambda: result)
        period.start()
    for step in [*feed, Pause(seconds)]:
        if world.control.stopping:
            break
        if isinstance(step, Pause):
            world.advance(step.seconds)
            continue
        name, message = step
        world.socket(name).incoming.append(message)
        if name in by_name:  # else a REQ or DEALER whose replies the node takes itself
            _handle(by_name[name], runner)


def _run_alone(world: World, runner: Any, feed: list[tuple[str, Any] | Pause]) -> None:
    """A node that has a loop of its own takes what is there, and its time itself."""
    for step in feed:
        if isinstance(step, Pause):
            raise NodeError(
                "a node with a loop of its own lets time pass itself", "leave Pause out of the feed"
            )
        world.socket(step[0]).incoming.append(step[1])
    runner.run()


def _periods(runner: Any) -> list[Period]:
    node = getattr(runner, "node", None)
    if node is not None:
        return periods_of(node) if type(node).run is Node.run else []
    seconds = runner.plan.period
    return [] if seconds is None else [runner.period(seconds)]


def _receivers(runner: Any) -> list[Receiver] | None:
    """The handlers of a node that is driven message by message, or None for one that runs by itself."""
    node = getattr(runner, "node", None)
    if node is not None:
        return receivers_of(node) if type(node).run is Node.run else None
    receivers: list[Receiver] = runner.receivers
    return receivers or None


def _handle(receiver: Receiver, runner: Any) -> None:
    found = receiver.socket.take()
    if found is None:
        return
    message, extra = found
    result = receiver.call(message, extra)
    if inspect.isasyncgen(result) or inspect.isawaitable(result):
        runner.call(lambda: _await(result, receiver, extra))
    else:
        receiver.route(result, extra)


async def _await(result: Any, receiver: Receiver, extra: Any) -> None:
    if inspect.isasyncgen(result):
        async for each in result:
            receiver.route(each, extra)
    else:
        receiver.route(await result, extra)


__all__ = ["LIMIT", "Pause", "Ran", "With", "drive"]
