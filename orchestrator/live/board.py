"""The sockets of a running topology, as its supervisor tells them, and looking one up by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Self

from orchestrator.errors import RunError, UsageError
from orchestrator.vocabulary import CodecName, JsonValue, SocketType
from orchestrator.wire.qos import Delivery, Mechanism, Security

_PROXIES: Final = ("stock:forwarder", "stock:streamer", "stock:queue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of a socket."""

    connects: bool
    """Whether the socket itself connects; else the other end does."""
    address: str | None
    instance: str | None
    """The node at the other end; None for what is outside of the topology."""
    socket: str | None

    @property
    def other(self) -> str | None:
        """`instance.socket` of the other end."""
        return None if self.instance is None else f"{self.instance}.{self.socket}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSocket:
    """A socket of one replica of one node."""

    unit: str
    instance: str
    node: str
    name: str
    type: SocketType
    copies: bool
    """Whether its node can make copies of what passes: a Python node can, unless libzmq's own proxy moves
    its messages."""
    binds: tuple[str, ...]
    addresses: tuple[str, ...]
    """Where it can be reached now; empty when it does not bind, or has not bound yet."""
    links: tuple[Link, ...]
    codec: CodecName | str
    schema: JsonValue = None
    message_type: str | None = None
    topics: tuple[str, ...] | None = None
    subscribe: tuple[str, ...] | None = None
    enveloped: bool = False
    lossless: bool = False
    """Whether it waits for its slowest reader."""
    counts_peers: bool = False
    """Whether it does something when so many peers are there (`wait_for`), or lets in but so many."""
    shares: bool = False
    """Whether it sends through shared memory, while all who are connected can read that."""
    security: Security | None = None
    directory: str = "."
    """What relative paths of schemas start from."""

    @property
    def ref(self) -> str:
        """`instance.socket`."""
        return f"{self.instance}.{self.name}"


class Board:
    """All sockets of a running topology, at the moment they were told."""

    def __init__(self, sockets: tuple[LiveSocket, ...], topology: str) -> None:
        self.sockets = sockets
        self.topology = topology

    @classmethod
    def told(cls, answer: Mapping[str, Any]) -> Self:
        """From the API's answer to `sockets`."""
        directory = answer["directory"]
        return cls(tuple(_socket(each, directory) for each in answer["sockets"]), answer["topology"])

    def find(self, name: str) -> tuple[LiveSocket, ...]:
        """The socket `node.socket`, of each replica, or `node-1.socket`. Raises UsageError."""
        found = tuple(s for s in self.sockets if name in (s.ref, f"{s.node}.{s.name}"))
        if found:
            return found
        names = list(dict.fromkeys(self._names()))
        near = get_close_matches(name, names, n=1)
        known = f"did you mean {near[0]!r}?" if near else f"the sockets are {', '.join(names) or 'none'}"
        raise UsageError(f"there is no socket {name[:100]!r} in {self.topology}", known)

    def one(self, name: str) -> LiveSocket:
        """As `find`, where there may be but one. Raises UsageError."""
        found = self.find(name)
        if len(found) > 1:
            raise UsageError(
                f"{name} is {len(found)} sockets, one of each replica",
                f"name one: {', '.join(s.ref for s in found)}",
            )
        return found[0]

    def others(self, socket: LiveSocket) -> tuple[LiveSocket, ...]:
        """The sockets of the topology at the other ends of its links."""
        refs = {link.other for link in socket.links}
        return tuple(s for s in self.sockets if s.ref in refs)

    def _names(self) -> Iterator[str]:
        for socket in self.sockets:
            yield f"{socket.node}.{socket.name}"
            yield socket.ref


def must_be_bound(socket: LiveSocket) -> tuple[str, ...]:
    """Its addresses. Raises RunError when it binds and has not done so yet."""
    usable = tuple(address for address in socket.addresses if not address.startswith("inproc://"))
    if not usable and socket.addresses:
        raise RunError(
            f"{socket.ref} binds inproc: nobody outside of its process can reach it",
            "let it bind: auto as well",
        )
    if not usable:
        raise RunError(f"{socket.ref} has not bound yet", "`orchestrator ps` shows what its node is doing")
    return usable


def _socket(told: Mapping[str, Any], directory: str) -> LiveSocket:
    qos = told["qos"]
    return LiveSocket(
        unit=told["unit"],
        instance=told["instance"],
        node=told["node"],
        name=told["socket"],
        type=SocketType(told["type"]),
        copies=told["python"] and told["target"] not in _PROXIES,
        binds=tuple(told["binds"]),
        addresses=tuple(told["addresses"]),
        links=tuple(Link(**link) for link in told["links"]),
        codec=_codec(told["codec"]),
        schema=told["schema"],
        message_type=told["message_type"],
        topics=_texts(told["topics"]),
        subscribe=_texts(told["subscribe"]),
        enveloped=qos["envelope"],
        lossless=told["nodrop"] or qos["delivery"] == Delivery.LOSSLESS,
        counts_peers=qos["wait_for"] is not None or qos["limits"]["connections"] is not None,
        shares=qos["envelope"] and _shares(qos["shared_memory"], told["codec"]),
        security=_security(told["security"]),
        directory=directory,
    )


def _codec(word: str) -> CodecName | str:
    try:
        return CodecName(word)
    except ValueError:
        return word


def _shares(size: int | None, codec: str) -> bool:
    return bool(size) if size is not None else codec in (CodecName.ARROW, CodecName.NUMPY)


def _texts(told: list[str] | None) -> tuple[str, ...] | None:
    return None if told is None else tuple(told)


def _security(told: Mapping[str, Any] | None) -> Security | None:
    if told is None:
        return None
    return Security(
        **{
            **told,
            "mechanism": Mechanism(told["mechanism"]),
            "server_names": tuple(told["server_names"]),
            "allow": _texts(told["allow"]),
        }
    )
