"""Topologies under test: brought up on addresses of their own, talked to, and ended, with nothing left.

pytest finds the fixture `orchestrator_up` by itself (docs/how-to/testing.md). `running` is the same for
fixtures of another scope and for other test runners:

    with orchestrator.testing.running("topology.yaml") as system:
        names = system.socket("greeter.names")
        assert names.request("Ada") == "Hello, Ada!"

Loads nothing until a name is asked for, and pytest never: `plugin`, which pytest loads, is the one that knows
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.testing.block import running as running
    from orchestrator.testing.deaths import NodeDied as NodeDied
    from orchestrator.testing.sockets import PeerSocket as PeerSocket
    from orchestrator.testing.system import SystemUnderTest as SystemUnderTest

__all__ = ["NodeDied", "PeerSocket", "SystemUnderTest", "running"]

_HOMES = {
    "NodeDied": "orchestrator.testing.deaths",
    "PeerSocket": "orchestrator.testing.sockets",
    "SystemUnderTest": "orchestrator.testing.system",
    "running": "orchestrator.testing.block",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
