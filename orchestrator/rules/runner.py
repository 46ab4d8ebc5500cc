"""Runs every rule over a topology."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from orchestrator.rules.context import RuleContext

from orchestrator.diagnostics import Diagnostic, in_order
from orchestrator.rules.catalogue import CHECKS

if TYPE_CHECKING:
    from orchestrator.model.types import Topology


def run(topology: Topology) -> tuple[Diagnostic, ...]:
    """Every finding about the topology, sorted by place, each cause once.

    What is wrong with an address is told by the first stage it fails at (syntax, then who binds it, then who
    meets there), because the resolution of addresses hands each of them to one kind of rule only.
    """
    context = RuleContext(topology)
    found: list[Diagnostic] = []
    for module in CHECKS:
        found.extend(import_module(f"orchestrator.rules.{module}").check(context))
    return in_order(found)
