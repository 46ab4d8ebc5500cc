"""What was seen of running processes, as values."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.vocabulary import SocketType


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a socket listens: a tcp host and port, or the path of a unix socket (`@name`: abstract)."""

    host: str = ""
    port: int = 0
    path: str = ""
    namespace: int = 0
    """Which network namespace it is of: the same address in another one is another place."""

    @property
    def is_wildcard(self) -> bool:
        return self.host in ("0.0.0.0", "::")

    @property
    def address(self) -> str:
        """As ZeroMQ writes it (zmq_tcp(7), zmq_ipc(7))."""
        if self.path:
            return f"ipc://{self.path}"
        host = "*" if self.host == "0.0.0.0" else f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens. `strangers`: who else is connected to it, in words."""

    place: Place
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Connections that a process made to one place."""

    place: Place
    """As the connection names it: never a wildcard."""
    count: int = 1
    owner: str = ""
    """Who listens there, in words, where it is none of the processes that were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One process."""

    pid: int
    argv: tuple[str, ...]
    """Empty where a title stands in its place, as setproctitle(3) writes it."""
    cwd: str | None
    title: str = ""
    program: str | None = None
    """The file that it executes."""
    listening: tuple[Listener, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a listening socket said when it was asked (`--probe`)."""

    type: SocketType | None
    says: str
    """In words, for a comment."""
    routing_id: str | None = None
    is_zmtp: bool = True


def reaches(outgoing: Place, listening: Place) -> bool:
    """Whether a connection to the one arrives at the other."""
    if outgoing.namespace != listening.namespace:
        return False
    if listening.path or outgoing.path:
        return outgoing.path == listening.path
    if outgoing.port != listening.port:
        return False
    return outgoing.host == listening.host or listening.is_wildcard
