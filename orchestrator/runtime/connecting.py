"""The body of CONNECT (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from orchestrator.wire.launch import ConnectTarget

Addresses: TypeAlias = Mapping[tuple[str, str], tuple[str, ...]]
"""(instance, socket) -> where that has bound."""
Targets: TypeAlias = Mapping[tuple[str, str], tuple[ConnectTarget, ...]]
"""(instance, socket) of the node that is told -> where that is to connect to."""
NO_TARGETS: Final[Targets] = MappingProxyType({})


def connect_body(addresses: Addresses, targets: Targets) -> dict[str, Any]:
    """What CONNECT tells. Without `targets` they stay as they are."""
    body: dict[str, Any] = {
        "addresses": [[instance, socket, list(found)] for (instance, socket), found in addresses.items()]
    }
    if targets:
        body["targets"] = [
            [instance, socket, [[t.address, t.instance, t.socket, t.index] for t in wanted]]
            for (instance, socket), wanted in targets.items()
        ]
    return body
