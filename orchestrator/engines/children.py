"""What the engine knows of the processes that it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.engines.stdio import Readers

if TYPE_CHECKING:
    from orchestrator.engines.stdio import Ends, InputWriter, OutputReader


@dataclass(slots=True, eq=False)
class Child:
    """One attempt of a unit, from its request to its exit."""

    unit: str
    attempt: int
    ends: Ends | None
    pid: int | None = None
    readers: list[OutputReader] = field(default_factory=list)
    stdin: InputWriter | None = None
    killed: bool = False
    """Whether we sent it SIGKILL."""

    def release(self) -> None:
        """Give its descriptors back."""
        for reader in self.readers:
            reader.close()
        if self.stdin is not None:
            self.stdin.close()
        if self.ends is not None:
            self.ends.close()
            self.ends = None


class Children:
    """All attempts that were asked for and have not ended, and the streams of ended ones that somebody holds
    open yet."""

    def __init__(self) -> None:
        self.readers = Readers()
        self._by_attempt: dict[tuple[str, int], Child] = {}
        self._lingering: list[OutputReader] = []

    def add(self, child: Child) -> None:
        """One more."""
        self._by_attempt[child.unit, child.attempt] = child

    def __getitem__(self, attempt: tuple[str, int]) -> Child:
        """The one of this unit and attempt. Raises KeyError for one that is not known."""
        return self._by_attempt[attempt]

    def get(self, unit: str, attempt: int) -> Child | None:
        """The one of this attempt, unless it has ended."""
        return self._by_attempt.get((unit, attempt))

    def drop(self, unit: str, attempt: int) -> None:
        """It never came to be. Raises KeyError for one that is not known."""
        self._by_attempt.pop((unit, attempt)).release()

    def ended(self, unit: str, attempt: int) -> Child:
        """It has ended: what it has written is delivered when this returns, and its streams are read on while
        others hold them open. Raises KeyError for one that is not known."""
        child = self._by_attempt.pop((unit, attempt))
        for reader in child.readers:
            reader.drain()
        if child.stdin is not None:
            child.stdin.close()
        self._lingering = [r for r in (*self._lingering, *child.readers) if r.open]
        return child

    def lost(self) -> Iterator[Child]:
        """None of them is there any more; each that was, once what it had written is delivered."""
        children = list(self._by_attempt.values())
        self._by_attempt.clear()
        for child in children:
            for reader in child.readers:
                reader.drain()
            child.release()
            yield child

    @property
    def pids(self) -> set[int]:
        """Of their processes, as far as they are known."""
        return {child.pid for child in self._by_attempt.values() if child.pid is not None}

    def release(self) -> None:
        """Give all descriptors back."""
        for child in self._by_attempt.values():
            child.release()
        for reader in self._lingering:
            reader.close()
        self._by_attempt.clear()
        self._lingering.clear()
