"""Sockets and headers for tests, with what does not matter filled in."""

from __future__ import annotations

from typing import Any

from orchestrator.live.board import LiveSocket
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import Header


def socket(kind: str, name: str = "n.s", **more: Any) -> LiveSocket:
    instance, _, own = name.partition(".")
    base: dict[str, Any] = {
        "unit": instance, "instance": instance, "node": instance, "name": own, "copies": True, "binds": (),
        "addresses": (), "links": (), "codec": "json",
    }  # fmt: skip
    return LiveSocket(type=SocketType(kind), **{**base, **more})


def header(**more: Any) -> Header:
    return Header(**{"source": 7, "sequence": 5, "number": 9, "timestamp_ns": 1, "codec": "json", **more})
