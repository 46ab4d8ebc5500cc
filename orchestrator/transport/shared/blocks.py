"""Which blocks are free. Pure.

What was given back last is handed out first, to a message of the same size: it is still in the processor's
caches. For that, neighbours are joined only when there is no run that is long enough.
"""

from __future__ import annotations


class Blocks:
    """`count` blocks, all free. A *run* is some of them that lie side by side."""

    __slots__ = ("_free",)

    def __init__(self, count: int) -> None:
        self._free: dict[int, list[int]] = {count: [0]}
        """Length -> the first blocks of the free runs of that length."""

    def take(self, length: int) -> int | None:
        """The first block of a run that is no longer free; None when there is none so long."""
        found = self._take(length)
        if found is None:
            self._join()
            found = self._take(length)
        return found

    def give(self, first: int, length: int) -> None:
        """A run is free again."""
        self._free.setdefault(length, []).append(first)

    def free(self) -> int:
        """How many blocks are free."""
        return sum(length * len(runs) for length, runs in self._free.items())

    def _take(self, length: int) -> int | None:
        same = self._free.get(length)
        if same:
            return same.pop()
        longer = min((n for n, runs in self._free.items() if n > length and runs), default=None)
        if longer is None:
            return None
        first = self._free[longer].pop()
        self.give(first + length, longer - length)
        return first

    def _join(self) -> None:
        runs = sorted((first, length) for length, firsts in self._free.items() for first in firsts)
        self._free = {}
        begin, end = 0, 0
        for first, length in runs:
            if first != end:
                self._keep(begin, end)
                begin = first
            end = first + length
        self._keep(begin, end)

    def _keep(self, begin: int, end: int) -> None:
        if end > begin:
            self.give(begin, end - begin)


def blocks_of(size: int, block: int) -> int:
    """How many blocks `size` bytes take; at least one."""
    return max(1, -(-size // block))
