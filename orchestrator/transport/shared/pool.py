"""The sender's side of a pool: room for a message, and room that is free again.

Belongs to the thread that sends. Nothing here waits: what cannot be had at once goes through the socket.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Final

from orchestrator.transport.shared.blocks import Blocks, blocks_of
from orchestrator.transport.shared.files import PoolFile, SharedError, create, path_of, remove
from orchestrator.transport.shared.freeing import Ghost, Reader, is_free, taken_word
from orchestrator.transport.shared.layout import (
    COLUMN_BLOCKS,
    COLUMN_NAME,
    COLUMN_SEEN,
    COLUMN_TOKEN,
    FOREVER,
    HEAD_BLOCK,
    HEAD_BYTES,
    HEAD_COLUMNS,
    HEAD_MAGIC,
    HEAD_TURNS,
    LOCK_COLUMNS,
    LOCK_OWNER,
    LOCK_TURN,
    MAGIC,
    Geometry,
    Handle,
    Offer,
)  # fmt: skip
from orchestrator.transport.shared.place import base

REFRESH_S: Final = 0.05
"""How often dead readers are looked for, where nothing asks for it sooner."""
GHOST_S: Final = 60.0
"""How long the place of messages is kept that wait for a reader which died."""
LOOK: Final = 16
"""How many messages are looked at for each new one; all of them only when there is no room."""


class Place:
    """Room for one message."""

    __slots__ = ("after", "first", "length", "number", "taken", "view")

    def __init__(self, number: int, first: int, length: int, view: memoryview) -> None:
        self.number = number
        self.first = first
        self.length = length
        """Blocks."""
        self.view = view
        """Its bytes, to be written before the handle is sent."""
        self.after = number
        """Whoever has seen this number will not ask for the message any more."""
        self.taken = False
        """Whether the one reader who got it has died."""


class Pool:
    """`one_of`: each message goes to one of the readers; else to all. `lasting`: the socket connects, and
    libzmq keeps what waits for a peer that is away.

    Raises SharedError where there is no memory.
    """

    def __init__(
        self,
        group: int,
        source: int,
        size: int,
        *,
        one_of: bool,
        lasting: bool,
        root: str | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.offer = Offer(group, source)
        self.geometry = geometry = Geometry.fitting(size)
        self.readers: list[Reader] = []
        self.full = 0
        """How many messages there was no room for."""
        self._block = geometry.block
        self._table = geometry.table_word
        self.delayed: list[Place] = []
        """Messages that others have overtaken."""
        self._one_of = one_of
        self._lasting = lasting
        self._now = now
        root = root or base()
        self._path = path_of(group, source, root)
        self._file = file = create(group, source, geometry.file_bytes, root)
        self._words = file.words(geometry.data_at)
        self._data = memoryview(file.memory)[geometry.data_at :]
        self._blocks = Blocks(geometry.blocks)
        self._backed = bytearray(geometry.blocks)
        self._places: dict[int, Place] = {}
        self._ghosts: list[Ghost] = []
        self._turns = 0
        self._last = 0
        """The number of the last message that was published."""
        self._known = 0
        """The same when it was last known who the readers are: who has come since may ask for later ones."""
        self._refreshed = now()
        if not file.lock(LOCK_OWNER) or not file.back(0, geometry.columns_at):
            self.close()
            raise SharedError(f"no room for {self._path}")
        self._write_head()

    def _write_head(self) -> None:
        words, geometry = self._words, self.geometry
        words[HEAD_BYTES] = geometry.size
        words[HEAD_BLOCK] = geometry.block
        words[HEAD_COLUMNS] = geometry.columns
        words[HEAD_TURNS] = 0
        words[HEAD_MAGIC] = MAGIC

    # ------------------------------------------------------------------ one message

    def reserve(self, number: int, size: int) -> Place | None:
        """Room for message `number`, which is higher than all before; None when there is none."""
        if self._file.inherited:
            return None
        self.cancel(number)  # the last one did not leave: its number is given once more
        self.live_readers()
        self._known = self._last
        self._collect(LOOK)
        length = blocks_of(size, self._block)
        first = self._blocks.take(length)
        if first is None and self._places:
            self.refresh()
            self._collect(len(self._places))
            self._collect(len(self._places))  # what was seen by the first look is believed by the second
            first = self._blocks.take(length)
        if first is None:
            self.full += 1
            return None
        at = first * self._block
        place = Place(number, first, length, self._data[at : at + size])
        if not self._back(first, size):
            self._blocks.give(first, length)
            self.full += 1
            return None
        return place

    def publish(self, place: Place) -> Handle:
        """The handle of a message that has been written; from now on it is the readers'."""
        self._words[self._table + place.first] = place.number
        self._places[place.number] = place
        self._last = place.number
        size = len(place.view)
        place.view.release()
        return Handle(*self.offer, place.number, place.first * self._block, size)

    def cancel(self, number: int) -> None:
        """The message was not sent after all: nobody has its handle."""
        place = self._places.pop(number, None)
        if place is not None:
            self._clear(place)

    def delay(self, number: int) -> None:
        """The message waits for room in its socket, and others overtake it."""
        place = self._places.get(number)
        if place is not None:
            place.after = FOREVER
            self.delayed.append(place)

    def settle(self, number: int) -> None:
        """What was delayed has left, before the message with this number."""
        for place in self.delayed:
            place.after = number
        self.delayed.clear()

    def give_back(self, place: Place) -> None:
        """It was not published."""
        place.view.release()
        self._blocks.give(place.first, place.length)

    @property
    def waiting(self) -> int:
        """Messages that somebody looks at, or may still ask for."""
        return len(self._places)

    def _back(self, first: int, size: int) -> bool:
        end = first + blocks_of(size, self._block)
        if self._backed.find(0, first, end) < 0:
            return True
        at = self.geometry.data_at + first * self.geometry.block
        if not self._file.back(at, size):
            return False
        self._backed[first:end] = b"\1" * (end - first)
        return True

    def _clear(self, place: Place) -> None:
        self._words[self._table + place.first] = 0
        self._blocks.give(place.first, place.length)

    # ------------------------------------------------------------------ who reads

    def live_readers(self) -> int:
        """How many there are, as far as it is known without asking the kernel each time."""
        if self._words[HEAD_TURNS] != self._turns or self._now() - self._refreshed > REFRESH_S:
            self.refresh()
        return len(self.readers)

    def refresh(self) -> None:
        """See who came and who died."""
        words, geometry = self._words, self.geometry
        self._turns = words[HEAD_TURNS]
        self._refreshed = self._now()
        known = {(reader.column, reader.token): reader for reader in self.readers}
        found: list[Reader] = []
        for column in range(geometry.columns):
            at = geometry.column_word(column)
            token = words[at + COLUMN_TOKEN]
            if token and self._file.is_locked(LOCK_COLUMNS + column):
                reader = known.pop((column, token), None)
                found.append(reader or self._new_reader(column, token, words[at + COLUMN_NAME]))
        self.readers = found
        for dead in known.values():
            self._bury(dead)
        self._ghosts = [ghost for ghost in self._ghosts if ghost.until > self._refreshed]

    def _new_reader(self, column: int, token: int, name: int) -> Reader:
        """One that came. If it was here before, what waited for it is its own now."""
        mine = [ghost for ghost in self._ghosts if ghost.name == name]
        self._ghosts = [ghost for ghost in self._ghosts if ghost.name != name]
        seen = min((ghost.seen for ghost in mine), default=self._known)
        at = self.geometry.column_word(column)
        return Reader(column, at, at + COLUMN_BLOCKS, token, name, seen, seen)

    def _bury(self, dead: Reader) -> None:
        seen = dead.seen
        if self._words[dead.at + COLUMN_TOKEN] == dead.token:
            seen = max(seen, self._words[dead.at + COLUMN_SEEN])
            for place in self._places.values():
                if self._words[dead.blocks_at + place.first] >> 1 == place.number:
                    place.taken = True
        if self._lasting and seen < self._last:
            self._ghosts.append(Ghost(dead.name, seen, self._refreshed + GHOST_S))

    # ------------------------------------------------------------------ what is free again

    def _collect(self, limit: int) -> None:
        """Free what nobody looks at any more, of the oldest `limit` messages."""
        if not self._places:
            return
        self._look()
        free = [p for p in itertools.islice(self._places.values(), limit) if self._is_free(p)]
        if not free or not self._file.lock(LOCK_TURN):
            return
        try:
            if self._words[HEAD_TURNS] == self._turns:  # else a reader may have taken one of them
                for place in free:
                    del self._places[place.number]
                    self._clear(place)
        finally:
            self._file.unlock(LOCK_TURN)

    def _look(self) -> None:
        for reader in self.readers:
            reader.seen = reader.next_seen
            seen = self._words[reader.at + COLUMN_SEEN]
            if seen > reader.seen:
                reader.next_seen = seen

    def _is_free(self, place: Place) -> bool:
        if self._one_of and place.taken:
            return True
        return is_free(
            place.number,
            place.after,
            self.readers,
            self._ghosts,
            self._words,
            place.first,
            one_of=self._one_of,
        )

    # ------------------------------------------------------------------ the end

    def close(self) -> None:
        """Nothing more will be sent. Readers keep what they have. The file goes, unless somebody may still
        have to open it: then it is held until this process ends."""
        if not self._file.inherited:
            if hasattr(self, "_places"):
                self.refresh()
                self._collect(len(self._places))
            if self._lasting and self._places and (self._ghosts or not self.readers):
                _held.append(self._file)
                return
            remove(self._path)
        self._file.close()


_held: Final[list[PoolFile]] = []
"""Files that are left. While their owner's lock is held, somebody may still be sent what is in them."""


__all__ = ["Place", "Pool", "SharedError", "taken_word"]
