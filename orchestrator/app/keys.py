"""`keys`: the CURVE pairs of a topology's nodes: made, replaced, and told."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.app import key_files
from orchestrator.errors import UsageError
from orchestrator.model.links import resolve
from orchestrator.model.securing import keys_directory, securities, security_of
from orchestrator.model.types import Topology
from orchestrator.transport.certificates import PUBLIC, SECRET, read_pair, write_pair
from orchestrator.transport.keyring import Keyring, Known
from orchestrator.wire.qos import Mechanism, Security

GRACE_S: Final = 24 * 3600.0
"""How long a replaced pair still counts."""
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What `init` or `rotate` has done."""

    directory: str
    made: tuple[str, ...]
    """Whose pair is new."""
    kept: tuple[str, ...] = ()
    """Whose was there already."""
    forgotten: tuple[str, ...] = ()
    """Files of pairs that do not count any more, removed."""
    outsiders: tuple[str, ...] = ()
    """Servers that are no nodes, and whose public key is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A secured socket."""

    socket: str
    security: Security
    hears: tuple[str, ...]
    """A server's: whose connections are let in, of those that have a key."""
    without_key: tuple[str, ...]
    """The nodes and endpoints it needs that have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is known about keys. Nothing in it is secret."""

    directory: str
    keys: tuple[Known, ...]
    made: dict[str, str]
    """Public key -> when it was made, as its file says."""
    doors: tuple[Door, ...]
    faults: tuple[str, ...]


def init(topology: Topology, also: Collection[str] = ()) -> Made:
    """Make the pairs that are missing: of all nodes with a socket that CURVE secures, and of `also`.

    Raises KeyFileError for keys that are there and cannot be used.
    """
    names = [*_nodes(topology), *also]
    for name in also:
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name for a key", "use letters, digits, - and _")
    directory = key_files.opened(keys_directory(topology))
    made, kept = [], []
    for name in dict.fromkeys(names):
        if os.path.exists(key_files.path(directory, name, SECRET)):  # noqa: PTH110
            key_files.mend(directory, name)
            kept.append(name)
        else:
            key_files.refuse_half(directory, name)
            write_pair(directory, name, key_files.fresh(name))
            made.append(name)
    return Made(
        directory=directory,
        made=tuple(made),
        kept=tuple(kept),
        forgotten=key_files.forget(directory, time.time()),
        outsiders=tuple(
            name
            for name in topology.endpoints
            if name in _servers(topology) and not os.path.exists(key_files.path(directory, name, PUBLIC))  # noqa: PTH110
        ),
    )


def rotate(topology: Topology, names: Sequence[str], grace_s: float = GRACE_S) -> Made:
    """Replace pairs, of all nodes or those named; the ones before count for `grace_s` seconds more.

    Raises UsageError for who has none.
    """
    directory = key_files.opened(keys_directory(topology))
    chosen = list(dict.fromkeys(names)) or [
        name
        for name in _nodes(topology)
        if os.path.exists(key_files.path(directory, name, SECRET))  # noqa: PTH110
    ]
    for name in chosen:
        if not os.path.exists(key_files.path(directory, name, SECRET)):  # noqa: PTH110
            raise UsageError(f"{name!r} has no pair in {directory}", "make it by `orchestrator keys init`")
    now = time.time()
    for name in chosen:
        before = read_pair(key_files.path(directory, name, SECRET))
        if grace_s > 0:
            key_files.keep(directory, name, before, now + grace_s)
        write_pair(directory, name, key_files.fresh(name), replace=True)
    return Made(directory=directory, made=tuple(chosen), forgotten=key_files.forget(directory, now))


def show(topology: Topology) -> Shown:
    """Who has which key, and who is heard by whom."""
    directory = keys_directory(topology)
    ring = Keyring(directory)
    ring.refresh()
    keys = tuple(known for name in ring.names() for known in ring.keys_of(name))
    return Shown(
        directory=directory,
        keys=keys,
        made={known.public: key_files.made_at(directory, known) for known in keys},
        doors=tuple(_doors(topology, ring)),
        faults=(*ring.faults, *key_files.open_secrets(directory)),
    )


# ---------------------------------------------------------------------- the topology


def _secured(topology: Topology) -> Iterator[tuple[str, Security]]:
    resolution = resolve(topology)
    said = securities(topology, resolution)
    for socket in topology.sockets():
        security = security_of(topology, resolution, socket, said.get(socket.ref))
        if security is not None:
            yield socket.ref, security


def _nodes(topology: Topology) -> list[str]:
    """The nodes that need a pair. Raises UsageError when none does."""
    names = dict.fromkeys(s.name for _, s in _secured(topology) if s.mechanism is Mechanism.CURVE)
    if not names:
        raise UsageError(
            "no socket of the topology is secured by CURVE",
            "say `security: {curve: {}}` at its top",
        )
    return list(names)


def _servers(topology: Topology) -> set[str]:
    return {name for _, security in _secured(topology) for name in security.server_names}


def _doors(topology: Topology, ring: Keyring) -> Iterator[Door]:
    known = ring.names()
    for ref, security in _secured(topology):
        hears: tuple[str, ...] = ()
        needs = [security.name, *security.server_names]
        if security.server:
            hears = tuple(n for n in known if security.allow is None or n in security.allow)
            needs += security.allow or ()
        if security.mechanism is not Mechanism.CURVE:
            hears, needs = security.allow or (), []
        missing = tuple(name for name in dict.fromkeys(needs) if name not in known)
        yield Door(socket=ref, security=security, hears=hears, without_key=missing)
