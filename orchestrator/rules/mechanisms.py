"""What the rules about security share: the mechanism that a socket has, by `security` or by its options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from orchestrator.diagnostics import Severity
from orchestrator.model.resolution import Meeting
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.span import Span
from orchestrator.transport.compatibility import compatible
from orchestrator.transport.endpoint import Transport
from orchestrator.vocabulary import Path

_CURVE_CLIENT: Final = ("curve_serverkey", "curve_publickey", "curve_secretkey")
_PLAIN_CLIENT: Final = ("plain_username", "plain_password")


class Mechanism(StrEnum):
    """ZMTP's security mechanisms (RFC 23)."""

    NULL = "NULL"
    PLAIN = "PLAIN"
    CURVE = "CURVE"
    OTHER = "another mechanism"
    """GSSAPI, or options of several mechanisms, of which the one that is set last counts."""


@dataclass(frozen=True)
class Security:
    """What a socket's options say of its security."""

    socket: Socket
    mechanism: Mechanism
    is_server: bool
    options: tuple[str, ...]
    """The names of the options that say it, in the order of the file."""
    by_key: bool = False
    """`security` says it, of the socket or of the topology."""

    @property
    def is_said(self) -> bool:
        """Whether anything in the file says it."""
        return self.by_key or bool(self.options)

    @cached_property
    def words(self) -> str:
        """`a CURVE server`, `a PLAIN client`, `no security`."""
        if self.mechanism is Mechanism.NULL:
            return "no security (NULL)"
        return f"a {self.mechanism} {'server' if self.is_server else 'client'}"


def security_of(context: RuleContext, socket: Socket) -> Security:
    """The mechanism of a socket: `security` goes before options, whatever they are."""
    said = context.securities.get(socket.ref)
    if said is None:
        return security_by_options(socket)
    mechanism = Mechanism(said.mechanism.value.upper())
    is_server = bool(socket.binds) and mechanism is not Mechanism.NULL
    return Security(socket, mechanism, is_server, (), by_key=True)


def mechanism_of(context: RuleContext, socket: Socket) -> Mechanism:
    """The mechanism of a socket."""
    return security_of(context, socket).mechanism


def security_by_options(socket: Socket) -> Security:
    """What the options say. libzmq chooses by whichever of these options is set (options.cpp)."""
    options = tuple(name for name in socket.options if name.startswith(("curve_", "plain_", "gssapi_")))
    said = tuple(name for name in options if not _is_off(socket, name))
    kinds = {name.partition("_")[0] for name in said}
    if not kinds:
        return Security(socket, Mechanism.NULL, False, ())
    if len(kinds) > 1 or "gssapi" in kinds:
        return Security(socket, Mechanism.OTHER, False, said)
    mechanism = Mechanism.CURVE if "curve" in kinds else Mechanism.PLAIN
    return Security(socket, mechanism, f"{mechanism.lower()}_server" in said, said)


def _is_off(socket: Socket, name: str) -> bool:
    """`curve_server: false` chooses nothing."""
    return name.endswith("_server") and not socket.options[name]


def secured_pairs(context: RuleContext) -> Iterator[tuple[Meeting, Security, Security]]:
    """(meeting, binder, connector) of every link on which security counts and one end has some; each once.

    inproc knows no security: the two sockets are in one process.
    """
    told: set[tuple[str, str]] = set()
    for meeting, binder, connector in context.pairs():
        if (binder.ref, connector.ref) in told or not compatible(binder.type, connector.type):
            continue
        if not (context.securities or binder.options or connector.options) or _is_inproc(meeting):
            continue
        told.add((binder.ref, connector.ref))
        ours, theirs = security_of(context, binder), security_of(context, connector)
        if Mechanism.NULL is ours.mechanism is theirs.mechanism:
            continue
        if ours.is_said or theirs.is_said:
            yield meeting, ours, theirs


def _is_inproc(meeting: Meeting) -> bool:
    return meeting.link.address.startswith(f"{Transport.INPROC}://")


def severity_for(context: RuleContext, *sides: Security) -> Severity:
    """An error, but a warning where a program of the user's may set more than the file says."""
    return Severity.WARNING if any(context.is_foreign(side.socket) for side in sides) else Severity.ERROR


def place_of(context: RuleContext, side: Security, name: str | None = None) -> tuple[Path, Span]:
    """Where a socket's security is said, if anywhere: at `security`, or at an option (the first unless one is
    named)."""
    if side.by_key:
        own: Path = (*side.socket.path, "security")
        path = own if side.socket.security is not None else ("security",)
        return path, context.topology.place(*path)
    if not side.options:
        return side.socket.path, side.socket.span
    path = context.option_path(side.socket, name or side.options[0])
    return path, context.topology.key_place(*path)
