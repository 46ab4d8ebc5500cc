"""A new plan for a topology that runs: from its changed file, or with other numbers of replicas."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.errors import RunError, UsageError
from orchestrator.model.types import Topology
from orchestrator.planning.types import Plan
from orchestrator.runtime.api.planner import Proposal
from orchestrator.runtime.ports import PortPicker

_MOST_TOLD: Final = 5


class Replanner:
    """Knows what a run was planned from. Its methods may be called on any thread, one at a time."""

    def __init__(
        self,
        topology: Topology,
        *,
        profiles: Collection[str],
        environ: Mapping[str, str],
        run_dir: Path,
        pick_port: PortPicker,
        check: Callable[[Plan], None],
        patient: bool = False,
    ) -> None:
        """`check` raises OrchestratorError for a plan that this host cannot carry. `patient`: a node that
        fails for good does not end the topology, for it is just being written."""
        self._topology = topology
        self._profiles = tuple(profiles)
        self._environ = environ
        self._run_dir = run_dir
        self._pick_port = pick_port
        self._check = check
        self._patient = patient

    @property
    def topology(self) -> Topology:
        """What runs was planned from this."""
        return self._topology

    def first(self) -> Plan:
        """The plan of the topology as it is. Raises OrchestratorError when it cannot be planned."""
        return self._propose(self._topology).plan

    def applied(self, file: str) -> Proposal:
        """The plan of a changed file.

        Raises RunError when the file has errors or describes another topology.
        """
        from orchestrator.app.check import check_file

        checked = check_file(file, environ=self._environ)
        if checked.topology is None or not checked.ok:
            raise RunError(
                f"{file} has errors: {_told(checked.findings)}", f"see `orchestrator validate {file}`"
            )
        if checked.topology.name != self._topology.name:
            raise RunError(
                f"{file} describes {checked.topology.name}, and {self._topology.name} runs",
                "bring it up beside it: `orchestrator up -d`",
            )
        return self._propose(checked.topology)

    def scaled(self, replicas: Mapping[str, int]) -> Proposal:
        """The plan with other numbers of replicas.

        Raises UsageError for a node that does not exist or a number that cannot be, RunError when the rules
        find an error in what comes of it.
        """
        from orchestrator.app.check import check_topology

        nodes = dict(self._topology.nodes)
        for name, count in replicas.items():
            if name not in nodes:
                raise UsageError(f"there is no node {name!r}", f"the nodes are {', '.join(nodes)}")
            least = nodes[name].min_replicas or 1
            if not least <= count <= 10_000:
                raise UsageError(f"{name} cannot have {count} replicas", f"at least {least}, at most 10000")
            nodes[name] = replace(nodes[name], replicas=count, has_replicas=True)
        changed = replace(self._topology, nodes=nodes)
        found = [finding for finding in check_topology(changed) if finding.severity is Severity.ERROR]
        if found:
            raise RunError(f"that cannot be: {_told(found)}")
        return self._propose(changed)

    def accept(self, proposal: Proposal) -> None:
        """This is what runs from now on."""
        self._topology = proposal.topology

    def _propose(self, topology: Topology) -> Proposal:
        from orchestrator.model.profiles import select_profiles
        from orchestrator.planning.build import build

        active = select_profiles(topology, self._profiles)
        if not active.nodes:
            raise UsageError(f"{topology.file}: no node is to be started", "name a profile: --profile NAME")
        plan = build(
            active,
            run_dir=str(self._run_dir),
            environ=self._environ,
            platform=os.name,
            pick_port=self._pick_port,
        )
        self._check(plan)
        if self._patient:
            plan = replace(plan, nodes=tuple(replace(node, expendable=True) for node in plan.nodes))
        return Proposal(plan=plan, topology=topology)


def _told(findings: Collection[Diagnostic]) -> str:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    told = "; ".join(f"{e.span.file}:{e.span.line}: {e.message} ({e.code})" for e in errors[:_MOST_TOLD])
    more = len(errors) - _MOST_TOLD
    return f"{told}; and {more} more" if more > 0 else told
