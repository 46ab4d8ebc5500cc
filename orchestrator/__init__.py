"""One YAML file describes programs that talk over ZeroMQ: it is checked, drawn, run, supervised.

    from orchestrator import Topology

    with Topology.load("topology.yaml").up() as system:
        system.wait_ready()

Loads nothing until a name is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.app.api import System as System
    from orchestrator.app.api import Topology as Topology
    from orchestrator.errors import OrchestratorError as OrchestratorError

__all__ = ["OrchestratorError", "System", "Topology", "__version__"]

_HOMES = {
    "Topology": "orchestrator.app.api",
    "System": "orchestrator.app.api",
    "OrchestratorError": "orchestrator.errors",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("zmq-orchestrator")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
