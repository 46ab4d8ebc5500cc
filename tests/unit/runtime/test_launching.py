"""What a process is told at its start."""

from __future__ import annotations

import pytest

from orchestrator.model.load import from_data
from orchestrator.planning.build import build
from orchestrator.runtime.launching import Run, request


@pytest.mark.parametrize(("program", "told"), [({"run": "m:n"}, False), ({"command": ["./n"]}, True)])
def test_the_token_is_only_told_to_those_who_need_it(program: dict[str, object], told: bool) -> None:
    """What a Python node starts inherits its environment; it has the token by other means."""
    topology = from_data({"version": 1, "name": "t", "nodes": {"n": program}}).topology
    assert topology is not None
    plan = build(topology, run_dir="/run/x", environ={})
    asked = request(
        Run(plan=plan, control="ipc:///c", token="secret-token", environ={}), plan.units[0], 1, {}
    )
    assert (asked.env.get("ORCHESTRATOR_TOKEN") == "secret-token") is told
    assert asked.env["ORCHESTRATOR_UNIT"] == "n"
