"""The receiver's side: pools of others, and messages that are looked at where they lie.

A message is a read-only view of the pool. Its place is the sender's again when the last view, or object made
from one, is gone; that may be on any thread, and long after the socket was closed.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import time
from array import array
from functools import lru_cache
from typing import Any, Final

from orchestrator.transport.shared.blocks import blocks_of
from orchestrator.transport.shared.files import PoolFile, SharedError, open_file, path_of, remove
from orchestrator.transport.shared.freeing import done_word, taken_word
from orchestrator.transport.shared.layout import (
    COLUMN_BLOCKS,
    COLUMN_NAME,
    COLUMN_SEEN,
    COLUMN_TOKEN,
    FOREVER,
    HEAD_TURNS,
    LOCK_COLUMNS,
    LOCK_OWNER,
    LOCK_TURN,
    PAGE,
    Geometry,
    Handle,
    Offer,
)  # fmt: skip
from orchestrator.transport.shared.place import base

_PATIENCE_S: Final = 0.2
"""How long a turn is waited for, which takes its holder microseconds: longer, and the holder is frozen."""
_PAUSE_S: Final = 0.0005
UNREAD_S: Final = 60.0
_MOST_REFUSED: Final = 1000
"""Offers that could not be taken, and are not tried again at once."""


class Mapping:
    """One pool, and the column that is this reader's in it. Raises SharedError."""

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self._file = file = open_file(path)
        with memoryview(file.memory)[:PAGE] as raw, raw.cast("Q") as head:
            try:
                self.geometry = geometry = Geometry.read(head, len(file.memory))
            except ValueError as error:
                file.close()
                raise SharedError(f"{path}: {error}") from error
        self._words = file.words(geometry.data_at)
        try:
            with _Turn(file, self._words):
                self._column = self._claim(
                    int.from_bytes(hashlib.blake2s(name.encode(), digest_size=8).digest())
                )
        except SharedError:
            file.close()
            raise
        self._at = geometry.column_word(self._column)
        self._blocks_at = self._at + COLUMN_BLOCKS
        self._table, self._data_at = geometry.table_word, geometry.data_at
        self._block, self._size = geometry.block, geometry.size
        self._seen = 0
        self._kept = self._last()
        """Places of messages up to this number may be given free: they were sent before this reader came, or
        have been seen."""
        self._orphaned_at = 0.0

    def _claim(self, name: int) -> int:
        file, words, geometry = self._file, self._words, self.geometry
        for column in range(geometry.columns):
            if not file.lock(LOCK_COLUMNS + column):
                continue
            at = geometry.column_word(column)
            if not file.back(8 * at, geometry.column_bytes):
                raise SharedError(f"{self.path}: no room for another reader")
            if words[at + COLUMN_TOKEN]:
                start = at + COLUMN_BLOCKS
                words[start : start + geometry.blocks] = memoryview(array("Q", bytes(8 * geometry.blocks)))
            words[at + COLUMN_NAME] = name
            words[at + COLUMN_SEEN] = 0
            words[at + COLUMN_TOKEN] = int.from_bytes(os.urandom(8)) | 1
            return column
        raise SharedError(f"{self.path} has {geometry.columns} readers already")

    def take(self, handle: Handle) -> memoryview:
        """The message, to be read only. Raises SharedError when its place has been used again."""
        first, rest = divmod(handle.offset, self._block)
        piece = self._block * blocks_of(handle.size, self._block)
        if rest or handle.offset + piece > self._size or not 0 < handle.number < FOREVER:
            raise SharedError("the handle points outside its pool")
        number = handle.number
        if number > self._kept:
            self._take(first, number)
        else:
            with _Turn(self._file, self._words):
                if self._words[self._blocks_at + first] == taken_word(number):
                    return memoryview(bytes(self._data(handle)))
                self._take(first, number)
        self.saw(number)
        made = _type(piece).from_buffer(self._file.memory, self._data_at + handle.offset)
        made.mapping, made.first, made.number = self, first, number
        return memoryview(made).cast("B").toreadonly()[: handle.size]

    def saw(self, number: int) -> None:
        """A message of this pool's sender has come, in this way or another."""
        if number > self._seen:
            self._seen = number
            if number > self._kept:
                self._kept = number
            self._words[self._at + COLUMN_SEEN] = number

    def release(self, first: int, number: int) -> None:
        """Nobody looks at a message any more."""
        if not self._file.inherited:
            self._words[self._blocks_at + first] = done_word(number)

    def leave(self) -> None:
        """No more messages will be taken; those that are looked at stay as they are."""
        if not self._file.inherited:
            self._words[self._at + COLUMN_SEEN] = FOREVER
        self._seen = FOREVER

    @property
    def orphaned(self) -> bool:
        """Whether its sender has ended: then nobody will have to open it any more."""
        return not self._file.is_locked(LOCK_OWNER)

    def is_over(self, now: float) -> bool:
        """Whether nothing of a sender that has ended is still to be read. What is still there after UNREAD_S
        was lost with it."""
        self._orphaned_at = self._orphaned_at or now
        return self._last() <= self._seen or now - self._orphaned_at > UNREAD_S

    def _take(self, first: int, number: int) -> None:
        words, at = self._words, self._blocks_at + first
        words[at] = taken_word(number)
        if words[self._table + first] != number:
            words[at] = done_word(number)
            raise SharedError("its place in shared memory has been used again")

    def _last(self) -> int:
        """The highest number of a message that is there."""
        return max(self._words[self._table : self._table + self.geometry.blocks].tolist())

    def _data(self, handle: Handle) -> memoryview:
        at = self._data_at + handle.offset
        return memoryview(self._file.memory)[at : at + handle.size]


class Mappings:
    """All pools that one socket reads from. `name` is its own: instance.socket."""

    def __init__(self, name: str, root: str | None = None) -> None:
        self._name = name
        self._root = root or base()
        self._by_source: dict[int, Mapping] = {}
        self.refused: dict[int, str] = {}
        """source -> why its offer could not be taken."""

    def attach(self, offer: Offer) -> None:
        """Be a reader of a pool from now on. Never raises: without it messages come through the socket."""
        if offer.pool in self._by_source or offer.pool in self.refused:
            return
        try:
            self._open(offer.group, offer.pool)
        except SharedError as error:
            if len(self.refused) >= _MOST_REFUSED:  # whoever invents pools must not fill the memory
                self.refused.clear()
            self.refused[offer.pool] = str(error)

    def take(self, handle: Handle) -> memoryview:
        """The message behind a handle. Raises SharedError."""
        mapping = self._by_source.get(handle.pool) or self._open(handle.group, handle.pool)
        return mapping.take(handle)

    def saw(self, source: int, number: int) -> None:
        """A message has come through the socket itself."""
        mapping = self._by_source.get(source)
        if mapping is not None:
            mapping.saw(number)

    def close(self) -> None:
        """The socket is closed. What is looked at stays valid."""
        for mapping in self._by_source.values():
            mapping.leave()
        self._by_source.clear()

    def __len__(self) -> int:
        return len(self._by_source)

    def _open(self, group: int, pool: int) -> Mapping:
        self._drop_orphans()
        found = self._by_source[pool] = Mapping(path_of(group, pool, self._root), self._name)
        self.refused.pop(pool, None)
        return found

    def _drop_orphans(self) -> None:
        """Let go of pools whose sender has ended: only their readers keep their memory."""
        for source, mapping in list(self._by_source.items()):
            if mapping.orphaned:
                remove(mapping.path)
                if mapping.is_over(time.monotonic()):
                    mapping.leave()
                    del self._by_source[source]


class _Turn:
    """Entered while a column is claimed, or a message is looked up whose place nobody keeps."""

    def __init__(self, file: PoolFile, words: memoryview) -> None:
        self._file = file
        self._words = words

    def __enter__(self) -> None:
        give_up = time.monotonic() + _PATIENCE_S
        while not self._file.lock(LOCK_TURN):
            if time.monotonic() > give_up:
                raise SharedError("another process holds the pool's turn, and does not go on")
            time.sleep(_PAUSE_S)

    def __exit__(self, *_: object) -> None:
        self._words[HEAD_TURNS] += 1
        self._file.unlock(LOCK_TURN)


@lru_cache(maxsize=256)
def _type(size: int) -> Any:
    """An array of `size` bytes over a pool, which says when nobody looks at it any more: what is made from it
    keeps it."""
    return type("Block", (ctypes.c_char * size,), {"__del__": _released, "mapping": None})


def _released(block: Any) -> None:
    mapping = block.mapping
    if mapping is not None:
        with contextlib.suppress(ValueError):  # the interpreter ends, and the words were let go of before
            mapping.release(block.first, block.number)
