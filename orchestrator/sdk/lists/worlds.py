"""The world of a node under test: sockets that are lists, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.lists.list_sockets import Frames, ListSocket, With
from orchestrator.sdk.lists.virtual_time import LIMIT, VirtualTime
from orchestrator.sdk.sockets import Sockets
from orchestrator.vocabulary import JsonValue, SocketType

TINY_S: Final = 1e-9
"""Sums of a tenth of a second are no second, but for this."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that passes between two messages of the feed: timers run meanwhile."""

    seconds: float


class World(VirtualTime):
    """What is around one node."""

    def __init__(
        self, sockets: Mapping[str, str], codecs: Mapping[str, str] | None = None, limit: int = LIMIT
    ) -> None:
        super().__init__(limit)
        codecs = codecs or {}
        self.fakes = [ListSocket(self, n, SocketType(t), codecs.get(n)) for n, t in sockets.items()]
        self.sockets = Sockets(self.fakes)

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


__all__ = ["LIMIT", "Frames", "ListContext", "ListSocket", "Pause", "With", "World"]
