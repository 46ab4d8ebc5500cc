"""A directory of CURVE keys: who has which public key now, had which before, and until when that one counts.

`NODE.key` and `NODE.key_secret` are a node's pair. A rotation leaves the pair before it as `NODE.TIME.key`
and `NODE.TIME.key_secret`, with `until` in its metadata: till then both count. Loads no zmq.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from orchestrator.transport.certificates import (
    PUBLIC,
    SECRET,
    KeyFileError,
    Pair,
    read_pair,
    read_public,
    refuse_planted,
)

UNTIL: Final = "until"
"""In the metadata of a pair that was replaced: the Unix time up to which it still counts."""
_MAX_KEYS: Final = 10_000
_SETTLED_S: Final = 0.1
_WRITTEN_S: Final = 10.0
_MISSED_S: Final = 1.0
"""Strangers do not choose how often a directory is read."""

Stamp: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One public key of the directory."""

    name: str
    """Whose it is: the file's name up to the first dot."""
    public: str
    until: float | None = None
    """Unix time; None: it is the present one."""

    def counts(self, now: float) -> bool:
        """Whether its owner may still come with it."""
        return self.until is None or now < self.until


class Keyring:
    """What a directory holds. Reads it anew only when it has changed. Not for several threads at once."""

    def __init__(self, directory: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.directory = directory
        self._clock = clock
        self._stamp: Stamp = ()
        self._files: Stamp = ()
        self._looked_at = -math.inf
        """When the files themselves were last looked at."""
        self._by_key: dict[str, Known] = {}
        self.faults: tuple[str, ...] = ()
        """Files that could not be used, each with its reason."""

    def refresh(self, *, missed: bool = False) -> bool:
        """Look whether something has changed; whether it has. A directory that is gone has no keys.

        Files that come and go are seen at once, those that are written over within `_WRITTEN_S`; with
        `missed` (a key was looked for in vain) within a second.
        """
        now, stamp = self._clock(), _stamp_of(self.directory)
        patience_s = _MISSED_S if missed else _WRITTEN_S
        if stamp and stamp == self._stamp and now - self._looked_at < patience_s:
            return False
        # A change within one tick of the file system's clock would not be seen: it is looked at once more.
        settled = bool(stamp) and time.time() - int(str(stamp[0])) / 1e9 > _SETTLED_S
        self._stamp, self._looked_at = stamp if settled else (), now
        files = tuple(_stamp_of(path, name) for name, path in _public_files(self.directory))
        if files == self._files:
            return False
        self._files = files
        return self._read()

    def _read(self) -> bool:
        before, self._by_key, faults = self._by_key, {}, []
        for name, path in _public_files(self.directory):
            try:
                refuse_planted(path)
                pair = read_public(path)
            except KeyFileError as error:
                faults.append(error.message)
                continue
            self._by_key.setdefault(pair.public, Known(name=name, public=pair.public, until=until_of(pair)))
        self.faults = tuple(faults)
        return self._by_key != before

    def owner(self, public: str) -> Known | None:
        """Whose key it is."""
        return self._by_key.get(public)

    def keys_of(self, name: str) -> list[Known]:
        """A name's public keys: the present one first, then those before it, the latest first."""
        own = [known for known in self._by_key.values() if known.name == name]
        return sorted(own, key=lambda known: -(known.until if known.until is not None else float("inf")))

    def names(self) -> list[str]:
        """Everybody who has a key."""
        return sorted({known.name for known in self._by_key.values()})


def _stamp_of(path: str, *more: object) -> Stamp:
    """Another one as soon as a file was written or replaced, or something in a directory came or went; empty
    when it is not there."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return ()
    return (status.st_mtime_ns, status.st_ino, status.st_mode, status.st_size, *more)


def own_pair(directory: str, name: str) -> Pair:
    """A node's present pair. Raises KeyFileError."""
    return read_pair(os.path.join(directory, name + SECRET))  # noqa: PTH118


def earlier_pairs(directory: str, name: str, now: float | None = None) -> list[Pair]:
    """Its pairs from before that still count, the latest first. Raises KeyFileError."""
    now = time.time() if now is None else now
    found = []
    for file in _listed(directory):
        if file.startswith(name + ".") and file.endswith(SECRET) and file != name + SECRET:
            pair = read_pair(os.path.join(directory, file))  # noqa: PTH118
            until = until_of(pair)
            if until is not None and now < until:
                found.append((until, pair))
    return [pair for _, pair in sorted(found, key=lambda entry: -entry[0])]


def until_of(pair: Pair) -> float | None:
    """When a pair that was replaced ceases to count; one with a time that nobody can read never did."""
    text = pair.metadata.get(UNTIL)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return 0.0


def public_key(directory: str, name: str) -> Pair:
    """Somebody's present public key. Raises KeyFileError."""
    return read_public(os.path.join(directory, name + PUBLIC))  # noqa: PTH118


def _public_files(directory: str) -> Iterator[tuple[str, str]]:
    for file in _listed(directory):
        if file.endswith(PUBLIC):
            yield file.partition(".")[0], os.path.join(directory, file)  # noqa: PTH118


def _listed(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))[:_MAX_KEYS]  # noqa: PTH208
    except OSError:
        return []
