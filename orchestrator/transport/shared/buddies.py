"""Which blocks are free: the buddy system, for pieces of 1, 2, 4, … blocks. Pure.

What was given back last is handed out first: it is still in the processor's caches. For that, neighbours are
joined only when a piece cannot be had otherwise.
"""

from __future__ import annotations


class Buddies:
    """`blocks` blocks, all free."""

    __slots__ = ("_free",)

    def __init__(self, blocks: int) -> None:
        self._free: list[list[int]] = [[] for _ in range(blocks.bit_length())]
        """For each order (a piece has 2 ** order blocks) the first blocks of the free pieces."""
        at = 0
        for order in reversed(range(len(self._free))):
            if blocks >> order & 1:
                self._free[order].append(at)
                at += 1 << order

    def take(self, order: int) -> int | None:
        """The first block of a piece, which is no longer free; None when there is none of this order."""
        found = self._split(order)
        if found is None and self._join(order):
            found = self._split(order)
        return found

    def give(self, first: int, order: int) -> None:
        """A piece is free again."""
        self._free[order].append(first)

    def free_blocks(self) -> int:
        return sum(len(pieces) << order for order, pieces in enumerate(self._free))

    def _split(self, order: int) -> int | None:
        for larger in range(order, len(self._free)):
            if self._free[larger]:
                first = self._free[larger].pop()
                for half in reversed(range(order, larger)):
                    self._free[half].append(first + (1 << half))
                return first
        return None

    def _join(self, order: int) -> bool:
        """Join neighbours until there is a piece of this order."""
        for small in range(min(order, len(self._free) - 1)):
            alone: dict[int, None] = {}
            for first in self._free[small]:
                buddy = first ^ 1 << small
                if buddy in alone:
                    del alone[buddy]
                    self._free[small + 1].append(min(first, buddy))
                else:
                    alone[first] = None
            self._free[small] = list(alone)
        return order < len(self._free) and bool(self._free[order])


def order_of(size: int, block: int) -> int:
    """The order of the smallest piece that holds `size` bytes."""
    return max(0, (max(1, -(-size // block)) - 1).bit_length())
