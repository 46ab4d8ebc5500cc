"""Whether the names in a topology mean something."""

from __future__ import annotations

from orchestrator.model.parts import Findings
from orchestrator.model.types import Topology


def check(topology: Topology, findings: Findings) -> None:
    """Add a finding for every name that refers to nothing."""
