"""A node under test, step by step: the test feeds it, moves its clock, and looks at what it did.

The node lives on a thread of its own, because a loop of the author's cannot be left in the middle. The two
take turns: while one runs, the other waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from types import TracebackType
from typing import Any, Self

from orchestrator.durations import parse_duration
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.lists.living import Answers, Life
from orchestrator.sdk.lists.worlds import LIMIT, TINY_S, World
from orchestrator.sdk.node import Node
from orchestrator.sdk.reports.progress import SocketCounters
from orchestrator.vocabulary import JsonValue


def harness(
    target: object,
    *,
    sockets: Mapping[str, str],
    params: Mapping[str, JsonValue] | None = None,
    codecs: Mapping[str, str] | None = None,
    name: str = "node",
    replica: int = 0,
    on_error: str = "fail",
    dead_letter: str | None = None,
    answers: Answers | None = None,
    limit: int = LIMIT,
) -> Harness:
    """A node to be fed step by step: `with harness(Strategy, sockets=…) as run:`.

    It is set up where the block begins, and torn down where it ends.

    The arguments are those of `drive`; `limit` holds for each step.
    """
    world = World(sockets, codecs, limit)
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
    except BaseException:
        world.control.close()
        raise
    return Harness(world, life)


class Harness:
    """What a test does with a node. Each step runs it until it has nothing more to do; what it raises comes
    out of the step."""

    def __init__(self, world: World, life: Life) -> None:
        self._world = world
        self._life = life
        self._turns = _Turns(world, life.live)
        self._told: dict[str, int] = {}

    def __enter__(self) -> Self:
        try:
            self._step()
        except BaseException:
            self._world.control.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self._world.control.close()

    # ---------------------------------------------------------------- steps

    def feed(self, socket: str, *messages: Any) -> None:
        """Messages come in, one after the other. `With(message, extra)` gives one a topic or a peer, and
        `Frames(payload)` is one that has yet to be decoded. Raises NodeError when the node has ended."""
        found = self._world.socket(socket)
        for message in messages:
            if self.ended:
                raise NodeError("the node has ended, and takes no more messages")
            found.deliver(message)
            self._step()

    def advance(self, period: str | float) -> None:
        """Let time pass (`"250ms"`, or seconds): whatever is due meanwhile is done at its time."""
        world, turns = self._world, self._turns
        end = world.now + (parse_duration(period) if isinstance(period, str) else period)
        while not turns.ended and turns.until is not None and turns.until <= end + TINY_S:
            world.now = max(world.now, turns.until)
            self._step()
        world.now = max(world.now, end)

    def block(self, socket: str) -> None:
        """From now on there is no room on a socket: sends wait."""
        self._world.socket(socket).full = True

    def unblock(self, socket: str) -> None:
        """There is room again."""
        self._world.socket(socket).full = False
        self._step()

    def stop(self) -> None:
        """Ask the node to stop, and see it through its teardown. Does nothing when it has ended."""
        self._world.control.stop()
        while not self.ended:
            self._turns.resume()

    def _step(self) -> None:
        turns, world = self._turns, self._world
        world.count_anew()
        turns.resume()
        while not turns.ended and turns.until is not None and turns.until <= world.now:
            turns.resume()

    # ---------------------------------------------------------------- what there is to see

    @property
    def sent(self) -> dict[str, list[Any]]:
        """Socket -> all messages sent on it so far, replies included, in order."""
        return {s.name: s.outgoing for s in self._world.fakes}

    def new(self, socket: str) -> list[Any]:
        """The messages sent on a socket since this was last asked."""
        sent = self._world.socket(socket).outgoing
        first, self._told[socket] = self._told.get(socket, 0), len(sent)
        return sent[first:]

    @property
    def marked(self) -> dict[str, list[str | Peer | None]]:
        """Socket -> the topic or peer of each message sent."""
        return {s.name: s.marks for s in self._world.fakes}

    @property
    def counters(self) -> dict[str, SocketCounters]:
        """Socket -> what has come and gone there."""
        return {s.name: s.counters for s in self._world.fakes}

    @property
    def meters(self) -> dict[str, float]:
        """The node's own counters and gauges: name, with its labels in braces if it has some -> value."""
        return self._world.meters()

    @property
    def now(self) -> float:
        """Seconds since the beginning, on the node's clock."""
        return self._world.now

    @property
    def slept_s(self) -> float:
        """How long it has asked to sleep with `node.sleep`."""
        return self._world.slept_s

    @property
    def node(self) -> Any:
        """The node itself, for a look at its attributes; None for a function."""
        node: Node | None = self._life.node
        return node

    @property
    def ended(self) -> bool:
        """Whether its teardown is over."""
        return self._turns.ended


class _Turns:
    """Two threads of which one runs."""

    def __init__(self, world: World, live: Callable[[], None]) -> None:
        self.ended = False
        self.until: float | None = None
        """Until when the node waits; None: until a message comes."""
        self._error: BaseException | None = None
        self._live = live
        self._nodes = threading.Semaphore(0)
        self._tests = threading.Semaphore(0)
        self._thread: threading.Thread | None = None
        world.turn = self._wait

    def resume(self) -> None:
        """The node's turn, until it waits or ends. Raises what has ended it."""
        if self.ended:
            return
        if self._thread is None:
            context = copy_context()
            self._thread = threading.Thread(target=context.run, args=(self._run,), daemon=True)
            self._thread.start()
        else:
            self._nodes.release()
        self._tests.acquire()
        if self.ended:
            self._thread.join()
            error, self._error = self._error, None
            if error is not None:
                raise error

    def _run(self) -> None:
        try:
            self._live()
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the test
            self._error = error
        self.ended = True
        self._tests.release()

    def _wait(self, until: float | None, _idle: bool) -> bool:
        self.until = until
        self._tests.release()
        self._nodes.acquire()
        return False


__all__ = ["Harness", "harness"]
