"""Whether the keys and users that secured sockets need are there, and can be used on this host (ZMQ338)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.parts import did_you_mean, listing
from orchestrator.model.resolution import Resolution
from orchestrator.model.securing import keys_directory, securities, security_of
from orchestrator.model.types import Socket, Topology
from orchestrator.transport.certificates import PUBLIC, SECRET, KeyFileError
from orchestrator.vocabulary import Path
from orchestrator.wire.qos import Mechanism, Security

KEYS_MISSING: Final = "ZMQ338"


def check_keys(topology: Topology, resolution: Resolution) -> Iterator[Diagnostic]:
    """Every finding about key files and the file of users. Reads them, and changes nothing."""
    if topology.security is None and all(s.security is None for s in topology.sockets()):
        return
    said = securities(topology, resolution)
    made = [
        (socket, security)
        for socket in topology.sockets()
        if topology.nodes[socket.node].is_python
        and (security := security_of(topology, resolution, socket, said.get(socket.ref))) is not None
    ]
    yield from _Curve(topology, [pair for pair in made if pair[1].mechanism is Mechanism.CURVE]).findings()
    yield from _plain(topology, [pair for pair in made if pair[1].mechanism is Mechanism.PLAIN])


_Pairs = list[tuple[Socket, Security]]


class _Curve:
    def __init__(self, topology: Topology, pairs: _Pairs) -> None:
        self._topology = topology
        self._pairs = pairs
        self._directory = keys_directory(topology)
        self._init = f"make the keys: `orchestrator keys init {topology.file}`"

    def findings(self) -> Iterator[Diagnostic]:
        if not self._pairs:
            return
        if not os.path.isdir(self._directory):  # noqa: PTH112
            fact = f"the directory of the keys `{self._directory}` does not exist"
            path: Path = ("security", "curve", "keys")
            if self._topology.place(*path) == self._topology.place():
                path = _place(self._pairs[0][0])
            yield _finding(self._topology, path, fact, self._init, self._pairs[0][0])
            return
        yield from self._own()
        yield from self._of_servers()
        yield from self._allowed()

    def _own(self) -> Iterator[Diagnostic]:
        from orchestrator.transport.keyring import own_pair

        for name, socket in self._first().items():
            told = self._trouble(own_pair, name, SECRET, f"`{name}` has no keys in `{self._directory}`")
            if told is not None:
                yield _finding(self._topology, _place(socket), told[0], told[1], socket)

    def _of_servers(self) -> Iterator[Diagnostic]:
        from orchestrator.transport.keyring import public_key

        own = self._first()
        told: set[str] = set()
        for socket, security in self._pairs:
            for name in security.server_names:
                if name in own or name in told:
                    continue  # what is wrong with it is told there
                told.add(name)
                missing = (
                    f"`{socket.ref}` connects to `{name}`, whose public key is not in `{self._directory}`"
                )
                trouble = self._trouble(public_key, name, PUBLIC, missing)
                if trouble is not None:
                    ask = self._init
                    if name not in self._topology.nodes:
                        ask = f"ask for its public key, and put it there as `{name}{PUBLIC}`"
                    remedy = ask if trouble[0] == missing else trouble[1]
                    yield _finding(self._topology, _place(socket), trouble[0], remedy, socket)

    def _allowed(self) -> Iterator[Diagnostic]:
        from orchestrator.transport.keyring import Keyring

        ring = Keyring(self._directory)
        ring.refresh()
        known = ring.names()
        for socket, security in self._pairs:
            for index, name in enumerate(security.allow or ()):
                if name in known or name in self._first():
                    continue
                everybody = list(dict.fromkeys((*self._topology.nodes, *known)))
                is_node = name in self._topology.nodes
                yield _finding(
                    self._topology,
                    (*socket.path, "security", "allow", index),
                    f"`{socket.ref}` lets in `{name}`, which has no key",
                    self._init
                    if is_node
                    else did_you_mean(name, everybody, f"names are {listing(everybody)}"),
                    None,
                )

    def _first(self) -> Mapping[str, Socket]:
        """Node of ours -> the first of its secured sockets."""
        found: dict[str, Socket] = {}
        for socket, _ in self._pairs:
            found.setdefault(socket.node, socket)
        return found

    def _trouble(
        self, read: Callable[[str, str], object], name: str, ending: str, missing: str
    ) -> tuple[str, str] | None:
        """The fact and the remedy, where a file is not there or cannot be used."""
        if not os.path.exists(os.path.join(self._directory, name + ending)):  # noqa: PTH110, PTH118
            return missing, self._init
        try:
            read(self._directory, name)
        except KeyFileError as error:
            return error.message, error.remedy or self._init
        return None


def _plain(topology: Topology, pairs: _Pairs) -> Iterator[Diagnostic]:
    from orchestrator.transport.users import own_password, read_users

    if not pairs or not pairs[0][1].keys:
        return  # ZMQ509 tells that no file is named
    file = pairs[0][1].keys
    try:
        read_users(file)
    except KeyFileError as error:
        fact = error.message if os.path.exists(file) else f"the file of users `{file}` does not exist"  # noqa: PTH110
        remedy = (
            error.remedy or "write a line `NAME:PASSWORD` for each node that connects, readable by you alone"
        )
        yield _finding(topology, ("security", "plain", "users"), fact, remedy, pairs[0][0])
        return
    told: set[str] = set()
    for socket, security in pairs:
        if security.server or security.name in told:
            continue
        told.add(security.name)
        try:
            own_password(file, security.name)
        except KeyFileError as error:
            yield _finding(topology, _place(socket), error.message, error.remedy or "", socket)


def _place(socket: Socket) -> Path:
    return (*socket.path, "security") if socket.security is not None else socket.path


def _finding(topology: Topology, path: Path, fact: str, remedy: str, socket: Socket | None) -> Diagnostic:
    span = topology.place(*path)
    away = socket is not None and path[: len(socket.path)] != socket.path
    return Diagnostic(
        code=KEYS_MISSING,
        severity=Severity.ERROR,
        message=fact,
        span=span,
        path=path,
        related=(Related(f"`{socket.ref}` needs it", socket.span),) if away and socket is not None else (),
        help=remedy or None,
    )
