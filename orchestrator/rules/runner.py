"""Runs every rule over a topology."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from orchestrator.diagnostics import Diagnostic, in_order
from orchestrator.rules.checks import CHECKS, ON_REQUEST
from orchestrator.rules.context import RuleContext
from orchestrator.rules.needs import NEEDS, RETELL
from orchestrator.source import collector_paused

if TYPE_CHECKING:
    from orchestrator.model.types import Topology


def run(topology: Topology, wants: Callable[[str], bool] | None = None) -> tuple[Diagnostic, ...]:
    """Every finding about the topology, sorted by place, each cause once.

    `wants` says of a code whether its rule is asked for; by default all are but those that are off unless
    selected.

    What is wrong with an address is told by the first stage it fails at (syntax, then who binds it, then who
    meets there), because the resolution of addresses hands each of them to one kind of rule only.
    """
    found: list[Diagnostic] = []
    wants = wants or _is_usual
    with collector_paused():
        context = RuleContext(topology)
        for module in CHECKS:
            if wants(module[:6].upper()) and _has_matter(module, context):
                found.extend(import_module(f"orchestrator.rules.{module}").check(context))
        return in_order(found)


def _is_usual(code: str) -> bool:
    return code not in ON_REQUEST


def _has_matter(module: str, context: RuleContext) -> bool:
    """Whether a rule can find anything at all. Modules of those that can't are not even imported."""
    code = module[:6]
    part = RETELL.get(code)
    if part is not None:
        return bool(getattr(context.resolution, part))
    needs = NEEDS.get(code)
    return needs is None or not context.features.isdisjoint(needs)
