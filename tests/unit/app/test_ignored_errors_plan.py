"""An error that a comment hides leads to a plan, or to an error that says why not: never to a fault."""

from __future__ import annotations

import contextlib

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.load import load
from orchestrator.planning.build import build
from orchestrator.rules.catalogue import MODULES, Rule
from orchestrator.rules.catalogue import load as load_rule


@pytest.mark.parametrize(
    "rule", [rule for rule in map(load_rule, MODULES) if rule.check is not None], ids=lambda rule: rule.code
)
def test_what_rules_find_can_still_be_planned(rule: Rule) -> None:
    for sample in rule.samples("Bad"):
        topology = load("t.yaml", text=f"version: 1\nname: t\n{sample}", environ={}).topology
        assert topology is not None
        with contextlib.suppress(OrchestratorError):
            build(topology, run_dir="/tmp/r", environ={}, platform="posix", pick_port=lambda *_: 40000)
