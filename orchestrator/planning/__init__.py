"""From a checked topology to a Plan: who is started how, in which order, at which addresses."""

from __future__ import annotations

from orchestrator.planning.build import build
from orchestrator.planning.types import ForeignLaunch, NodePlan, Plan, UnitDependency, UnitPlan

__all__ = ["ForeignLaunch", "NodePlan", "Plan", "UnitDependency", "UnitPlan", "build"]
