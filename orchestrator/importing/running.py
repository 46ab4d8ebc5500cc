"""Processes that were seen, to a draft: each a `command` node, its connections as sockets and links.

From outside it can't be seen what a socket's type is, or whether it is ZeroMQ at all: that stays open, unless
it was asked (`answers`), or follows from the type at the other end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.importing.draft import Draft, NodeDraft, SocketDraft
from orchestrator.importing.names import label, socket_name, unique
from orchestrator.importing.naming import name_of
from orchestrator.importing.observed import Answer, Listener, Outgoing, Place, Seen, reaches
from orchestrator.importing.texts import literal
from orchestrator.transport.compatibility import PEERS
from orchestrator.vocabulary import OptionValue, SocketType

_UNSEEN = "the type can't be seen from outside; `--probe` asks for it. Delete the socket if it is not ZeroMQ."
_ZYGOTE = "orchestrator.engines.zygote"
_NOTES = (
    "This is what one moment showed: connections that were down then are missing. What was set in "
    "the environment is not looked at.",
    "One ZeroMQ socket can bind or connect several addresses: where two entries of a node are one "
    "socket, put their addresses into one list.",
)
_SYSTEM: Final = re.compile(
    r"(/var)?/run/(systemd|dbus|nscd|avahi-daemon)/|(/var)?/run/user/[0-9]+/(bus|systemd|wayland|pulse|pipewire)"
    r"|@?/tmp/\.X11-unix/|@/tmp/(dbus-|\.ICE-unix/)"
)
"""Sockets of the bus, the journal, the name service and the screen, which programs open without knowing."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """A listening place, and what stands for it here."""

    place: Place
    node: str
    socket: str


def draft_of(
    seen: Sequence[Seen], name: str, *, answers: Mapping[Place, Answer] | None = None, directory: str = ""
) -> Draft:
    """The draft of the processes. `answers`: what was asked for, None where nothing was.

    `directory`: that of the topology file; a node that runs there needs no `cwd`.
    """
    names: list[str] = []
    for process in seen:
        names.append(unique(_name(process), names))
    bound = _bound(seen, names)
    nodes = [
        _Node(process, node, bound, answers, directory).draft()
        for process, node in zip(seen, names, strict=True)
    ]
    return Draft(
        name=label(name),
        made_from=_pids(seen),
        nodes=tuple(nodes),
        notes=_NOTES,
    )


def _pids(seen: Sequence[Seen]) -> str:
    numbers = ", ".join(str(process.pid) for process in seen)
    return f"the processes {numbers}" if len(seen) > 1 else f"process {numbers}"


def _is_ours(process: Seen) -> bool:
    """Whether it is a node that the orchestrator has started: its command line is that of its parent."""
    return _ZYGOTE in process.argv


def _name(process: Seen) -> str:
    return "node" if _is_ours(process) else name_of(process.argv or (process.title or "process",))


def _bound(seen: Sequence[Seen], names: Sequence[str]) -> dict[Place, _Bound]:
    """Every listening place once: one that several processes hold counts for the first."""
    found: dict[Place, _Bound] = {}
    for process, node in zip(seen, names, strict=True):
        taken: list[str] = []
        for listener in process.listening:
            if listener.place not in found:
                taken.append(unique(_socket_name(listener.place), taken))
                found[listener.place] = _Bound(listener.place, node, taken[-1])
    return found


def _socket_name(place: Place) -> str:
    return socket_name(place.path.rpartition("/")[2] if place.path else f"port-{place.port}")


class _Node:
    """One process on its way to a node."""

    def __init__(
        self,
        process: Seen,
        name: str,
        bound: Mapping[Place, _Bound],
        answers: Mapping[Place, Answer] | None,
        directory: str,
    ) -> None:
        self._process = process
        self._name = name
        self._bound = bound
        self._answers = answers
        self._directory = directory
        self._notes: list[str] = [f"Process {process.pid}."]

    def draft(self) -> NodeDraft:
        sockets: list[SocketDraft] = []
        for listener in self._process.listening:
            sockets += self._listening(listener)
        for outgoing in self._process.outgoing:
            bound = self._target(outgoing.place)
            if _SYSTEM.match(outgoing.place.path):
                self._notes.append(f"It is connected to {outgoing.place.path}, too, which is the system's.")
            elif bound is not None and self._is_other(bound):
                told = f"{bound.node} at {outgoing.place.address}"
                self._notes.append(f"It is connected to {told}, too, which is no socket here.")
            else:
                sockets.append(self._connecting(outgoing, [socket.name for socket in sockets]))
        cwd = self._process.cwd
        return NodeDraft(
            name=self._name,
            command=None if _is_ours(self._process) else self._command(),
            open_program=self._open_program(),
            cwd=None if cwd is None or cwd == self._directory else literal(cwd),
            sockets=tuple(sockets),
            notes=tuple(self._notes),
        )

    def _command(self) -> tuple[str, ...] | None:
        return tuple(literal(word) for word in self._process.argv) or None

    def _open_program(self) -> str:
        if _is_ours(self._process):
            return "`run: module:name`. It is a Python node of a topology that runs: its file says which."
        program = f"; its program is {self._process.program}" if self._process.program else ""
        return f"`command: […]`. It calls itself `{self._process.title}`{program}."

    def _listening(self, listener: Listener) -> list[SocketDraft]:
        bound = self._bound[listener.place]
        if bound.node != self._name:
            self._notes.append(f"It holds {listener.place.address} as well, which {bound.node} has.")
            return []
        answer = self._answer(listener.place)
        if answer is not None and not answer.is_zmtp:
            self._notes.append(
                f"It listens at {listener.place.address}, which is no socket here: {answer.says}"
            )
            return []
        options: dict[str, OptionValue] = {"ipv6": True} if ":" in listener.place.host else {}
        if answer is not None and answer.routing_id:
            options["routing_id"] = literal(answer.routing_id)
        notes = (
            [f"Connected from elsewhere, too: {', '.join(listener.strangers)}."] if listener.strangers else []
        )
        return [
            SocketDraft(
                name=bound.socket,
                type=None if answer is None else answer.type,
                bind=(literal(listener.place.address),),
                options=options,
                notes=tuple(notes),
                open_type=_UNSEEN if answer is None else f"the type. {answer.says}",
            )
        ]

    def _connecting(self, outgoing: Outgoing, taken: Sequence[str]) -> SocketDraft:
        bound = self._target(outgoing.place)
        notes = [f"{outgoing.count} connections."] if outgoing.count > 1 else []
        if bound is None:
            notes += [f"There listens {outgoing.owner}."] if outgoing.owner else []
            options: dict[str, OptionValue] = {"ipv6": True} if ":" in outgoing.place.host else {}
            wanted = f"to-{_socket_name(outgoing.place)}"
            return SocketDraft(
                name=unique(wanted, taken),
                type=None,
                connect=(literal(outgoing.place.address),),
                options=options,
                notes=tuple(notes),
                open_type="the type can't be seen from outside. Delete the socket if it is not ZeroMQ.",
            )
        answer = self._answer(bound.place)
        type_, open_type = _from_peer(answer)
        return SocketDraft(
            name=unique(self._name_of_link(bound), taken),
            type=type_,
            connect=(f"{bound.node}.{bound.socket}",),
            options={"ipv6": True} if ":" in outgoing.place.host else {},
            notes=(*notes, *((f"Only {type_} can be linked to {answer.type}.",) if type_ and answer else ())),
            open_type=open_type,
        )

    def _name_of_link(self, bound: _Bound) -> str:
        targets = [self._target(outgoing.place) for outgoing in self._process.outgoing]
        is_only = sum(other is not None and other.node == bound.node for other in targets) == 1
        return socket_name(f"to-{bound.node}" if is_only else f"to-{bound.node}-{bound.socket}")

    def _answer(self, place: Place) -> Answer | None:
        return None if self._answers is None else self._answers.get(place)

    def _is_other(self, bound: _Bound) -> bool:
        """Whether what listens there is known not to be ZeroMQ."""
        answer = self._answer(bound.place)
        return answer is not None and not answer.is_zmtp

    def _target(self, place: Place) -> _Bound | None:
        exact = self._bound.get(place)
        return exact or next((b for b in self._bound.values() if reaches(place, b.place)), None)


def _from_peer(answer: Answer | None) -> tuple[SocketType | None, str]:
    """The type that follows from what is at the other end, or what is known of it."""
    if answer is None:
        return None, _UNSEEN
    if answer.type is None:
        return None, "the type can't be seen from outside."
    peers = sorted(PEERS[answer.type])
    if len(peers) == 1:
        return peers[0], ""
    return None, f"the type, one of {', '.join(peers)}: they can be linked to {answer.type}."
