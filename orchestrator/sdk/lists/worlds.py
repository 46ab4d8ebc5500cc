"""The world of a node under test: sockets that are lists, and a clock that is moved by hand.

Nothing in it waits. A node that has nothing to do calls `World.wait`, and whoever drives it decides there
what comes next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.sdk.errors import NodeError, Stopped
from orchestrator.sdk.lists.list_sockets import Frames, ListSocket, With
from orchestrator.sdk.loops.control import NodeControl
from orchestrator.sdk.loops.timers import Timers
from orchestrator.sdk.node import NodeContext
from orchestrator.sdk.sockets import Sockets
from orchestrator.vocabulary import JsonValue, SocketType

LIMIT: Final = 10_000
"""Messages and waits after which a node that would go on for ever is stopped."""
TINY_S: Final = 1e-9
"""Sums of a tenth of a second are no second, but for this."""
_LAST_WORDS: Final = 100
"""How often a node that is to stop may still wait."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that passes between two messages of the feed: timers run meanwhile."""

    seconds: float


Turn = Callable[["float | None", bool], bool]
"""What happens while the node waits: until when it would (None: until a message comes), and whether it is
done with all that it has. Whether something outside of this world is to be waited for."""


class World:
    """What is around one node."""

    def __init__(
        self, sockets: Mapping[str, str], codecs: Mapping[str, str] | None = None, limit: int = LIMIT
    ) -> None:
        self.control = NodeControl()
        self.now = 0.0
        """The clock, in seconds."""
        self.control.timers = Timers(lambda: self.now)
        self.control.chores = Timers(lambda: self.now)
        self.slept_s = 0.0
        self.turn: Turn = self._nothing_comes
        codecs = codecs or {}
        self.limit = limit
        self._counted = 0
        self._late = 0
        self.fakes = [ListSocket(self, n, SocketType(t), codecs.get(n)) for n, t in sockets.items()]
        self.sockets = Sockets(self.fakes)

    def count(self) -> None:
        """One more message or wait; the last one stops the node."""
        self._counted += 1
        if self._counted >= self.limit:
            self.control.stop()

    def count_anew(self) -> None:
        """What was counted so far was to be expected."""
        self._counted = 0

    def wait(self, until: float | None, *, idle: bool = False) -> bool:
        """The node has nothing to do until then, or until a message comes; it may be woken for nothing.

        Returns whether what it waits for can only come from outside of this world. Raises
        Stopped in a node that waits on and on although it is to stop.
        """
        self.count()
        if not self.control.stopping:
            return self.turn(until, idle)
        self._late += 1
        if self._late > _LAST_WORDS:
            raise Stopped
        if until is None:
            return True
        self.now = max(self.now, until)
        return False

    def pass_time(self, until: float | None, *, timers: bool) -> None:
        """Wait so, and let `timers` run that are due."""
        control = self.control
        due = control.timers.next_at if timers else math.inf
        first = min(math.inf if until is None else until, due)
        self.wait(None if first == math.inf else first, idle=until is None)
        control.run_due(idle=timers)

    def _nothing_comes(self, _until: float | None, _idle: bool) -> bool:
        self.control.stop()
        return False

    def context(self, name: str, params: Mapping[str, JsonValue], replica: int = 0) -> ListContext:
        """What the node is told of this world."""
        return ListContext(
            name=name,
            node=name,
            replica=replica,
            params=params,
            sockets=self.sockets,
            control=self.control,
            world=self,
        )

    def socket(self, name: str) -> ListSocket:
        """One of the sockets. Raises NodeError."""
        found = next((s for s in self.fakes if s.name == name), None)
        if found is None:
            raise NodeError(
                f"the feed names a socket {name!r}, and the node has {[s.name for s in self.fakes]}"
            )
        return found

    def meters(self) -> dict[str, float]:
        """The node's own counters and gauges: name, with its labels in braces if it has some -> value."""
        return {_metered(n, labels): v for _, n, _, labels, v in self.control.progress.meters.told()}


def _metered(name: str, labels: Mapping[str, str]) -> str:
    told = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{told}}}" if told else name


@dataclass(frozen=True, slots=True, kw_only=True)
class ListContext(NodeContext):
    """The context of a node in a world of lists."""

    world: World

    def sleep(self, seconds: float) -> bool:
        world, control = self.world, self.control
        world.slept_s += seconds
        end = world.now + seconds
        if seconds <= TINY_S or control.stopping:
            world.wait(world.now)  # a loop that never ends is found by its waits
        while not control.stopping and world.now < end - TINY_S:
            world.pass_time(end, timers=not control.dispatching)
        return not control.stopping


__all__ = ["LIMIT", "Frames", "ListContext", "ListSocket", "Pause", "Turn", "With", "World"]
