"""When the place of a message may be used again. Pure.

A reader is *done* with a message it has taken and let go of, and *past* one that it never got: messages of a
connection come in order, so whoever has seen a later one will not ask for an earlier one any more. It was
filtered, dropped at a high-water mark, or given to somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def taken_word(number: int) -> int:
    """What a reader writes for a block when it takes the message there."""
    return number << 1


def done_word(number: int) -> int:
    """What it writes when nobody looks at the message any more."""
    return number << 1 | 1


@dataclass(slots=True)
class Reader:
    """A live reader, as its column showed it."""

    column: int
    at: int
    """The first word of its column."""
    blocks_at: int
    """The one for block 0."""
    token: int
    """Random; another one in the same column is another reader."""
    name: int
    """The same for a node's socket after a restart."""
    seen: int
    """What was sent before it came counts as seen. What its column says is believed from the look after the
    one that found it: Python has no memory barriers, and a processor may show this word before those of the
    blocks that were written earlier."""
    next_seen: int


@dataclass(slots=True)
class Ghost:
    """A reader that died while the sender keeps what is queued for it, until it is back (libzmq does so on a
    connection that it made itself)."""

    name: int
    seen: int
    until: float
    """A monotonic time: from then on nobody waits for it."""


def is_free(
    number: int,
    after: int,
    readers: Sequence[Reader],
    ghosts: Iterable[Ghost],
    words: Sequence[int] | memoryview,
    block: int,
    *,
    one_of: bool,
) -> bool:
    """Whether nobody looks at a message, and nobody will. Whoever has seen number `after` is past it.

    `words` is the file, `block` the message's first one. `one_of`: the message went to one of the readers
    alone. Without a live reader nothing is free: the next sees a later number.
    """
    if not readers:
        return False
    taken, done = taken_word(number), done_word(number)
    waiting = False
    for reader in readers:
        found = words[reader.blocks_at + block]
        if found == taken:
            return False
        if found == done:
            if one_of:
                return True
        elif reader.seen < after:
            waiting = True
    return not waiting and all(ghost.seen >= number for ghost in ghosts)
