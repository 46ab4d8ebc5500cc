"""What a change of a running topology is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from orchestrator.model.types import Topology
from orchestrator.planning.types import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the run may become."""

    plan: Plan
    topology: Topology
    """What it was planned from."""


class Planner(Protocol):
    """Makes new plans for a run. All raise OrchestratorError, and are called on any thread, one at a time."""

    def applied(self, file: str) -> Proposal:
        """What a changed file describes."""

    def scaled(self, replicas: Mapping[str, int]) -> Proposal:
        """The same with other numbers of replicas."""

    def accept(self, proposal: Proposal) -> None:
        """This is what runs from now on."""
