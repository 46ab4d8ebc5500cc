"""What the supervisor asks of a unit, read from the bodies of control messages (docs/protocol.md).

Entries of another shape are passed over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.wire.launch import ConnectTarget

Addresses = Mapping[tuple[str, str], tuple[str, ...]]
"""(instance, socket) -> where it has bound."""
Targets = Mapping[tuple[str, str], tuple[ConnectTarget, ...]]
"""(instance, socket) -> where it connects to from now on."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Send nothing on these sockets for a while."""

    number: int
    sockets: tuple[tuple[str, str], ...]
    """(instance, socket)"""
    seconds: float
    """How long, unless RELEASE comes before."""


@dataclass(frozen=True, slots=True)
class Tap:
    """Copy the messages of these sockets for a while."""

    number: int
    sockets: tuple[tuple[str, str], ...]
    """(instance, socket)"""
    address: str
    """Of a PULL that the copies are sent to."""
    seconds: float
    """How long, unless it is asked for again; 0: no longer."""


def read_addresses(body: dict[str, Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The addresses of a CONNECT message."""
    found = {}
    for entry in _list(body, "addresses"):
        match entry:
            case [str() as instance, str() as socket, list() as addresses]:
                found[instance, socket] = tuple(str(a) for a in addresses)
    return found


def read_targets(body: dict[str, Any]) -> dict[tuple[str, str], tuple[ConnectTarget, ...]]:
    """The new targets of a CONNECT message. Those of a socket are taken all together or not at all: a list
    with a hole would cut a link."""
    found = {}
    for entry in _list(body, "targets"):
        match entry:
            case [str() as instance, str() as socket, list() as targets]:
                read = [_target(target) for target in targets]
                known = tuple(target for target in read if target is not None)
                if len(known) == len(read):
                    found[instance, socket] = known
    return found


def _target(entry: object) -> ConnectTarget | None:
    match entry:
        case [str() as address, None, None, int()]:
            return ConnectTarget(address=address)
        case [str() | None as address, str() as instance, str() as socket, int() as index]:
            return ConnectTarget(address=address, instance=instance, socket=socket, index=index)
        case _:
            return None


def read_drain(body: dict[str, Any]) -> float | None:
    """How long a STOP gives to finish what is there; None when there is nothing to be finished, infinite when
    it does not say."""
    if body.get("drain") is not True:
        return None
    seconds = body.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else math.inf


def read_hold(body: dict[str, Any]) -> Hold | None:
    """A HOLD message, or None for what is none."""
    match body:
        case {"hold": int() as number, "seconds": int() | float() as seconds}:
            return Hold(number, _sockets(body), float(seconds))
        case _:
            return None


def read_tap(body: dict[str, Any]) -> Tap | None:
    """A TAP message, or None for what is none."""
    match body:
        case {"tap": int() as number, "address": str() as address, "seconds": int() | float() as seconds}:
            return Tap(number, _sockets(body), address, float(seconds))
        case _:
            return None


def _sockets(body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """(instance, socket) of each entry of `sockets`."""
    return tuple(
        (entry[0], entry[1])
        for entry in _list(body, "sockets")
        if isinstance(entry, list) and len(entry) == 2 and all(isinstance(e, str) for e in entry)
    )


def read_release(body: dict[str, Any]) -> int | None:
    """The number of the hold that ends."""
    number = body.get("hold")
    return number if isinstance(number, int) else None


def _list(body: dict[str, Any], key: str) -> list[Any]:
    found = body.get(key)
    return found if isinstance(found, list) else []
