"""Runs every rule over a topology."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from orchestrator.diagnostics import Diagnostic, in_order
from orchestrator.rules.checks import CHECKS
from orchestrator.rules.context import RuleContext
from orchestrator.rules.needs import NEEDS, RETELL
from orchestrator.source import collector_paused

if TYPE_CHECKING:
    from orchestrator.model.types import Topology


def run(topology: Topology) -> tuple[Diagnostic, ...]:
    """Every finding about the topology, sorted by place, each cause once.

    What is wrong with an address is told by the first stage it fails at (syntax, then who binds it, then who
    meets there), because the resolution of addresses hands each of them to one kind of rule only.
    """
    found: list[Diagnostic] = []
    with collector_paused():
        context = RuleContext(topology)
        for module in CHECKS:
            if _has_matter(module, context):
                found.extend(import_module(f"orchestrator.rules.{module}").check(context))
        return in_order(found)


def _has_matter(module: str, context: RuleContext) -> bool:
    """Whether a rule can find anything at all. Modules of those that can't are not even imported."""
    code = module[:6]
    part = RETELL.get(code)
    if part is not None:
        return bool(getattr(context.resolution, part))
    needs = NEEDS.get(code)
    return needs is None or not context.features.isdisjoint(needs)
