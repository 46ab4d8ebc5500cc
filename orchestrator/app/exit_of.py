"""`--exit-code-from NODE`: the run ends with that node, and as it ended."""

from __future__ import annotations

from typing import Final

from orchestrator.errors import ExitCode, UsageError
from orchestrator.model.types import Topology
from orchestrator.runtime.reports import Report, StateChanged
from orchestrator.runtime.supervisor import Supervisor
from orchestrator.vocabulary import NodeState

_ENDS: Final = frozenset({NodeState.EXITED, NodeState.FAILED, NodeState.STOPPED})


def check_node(topology: Topology, node: str) -> None:
    """Raises UsageError when the topology has no such node."""
    if node not in topology.nodes:
        from difflib import get_close_matches

        near = get_close_matches(node, topology.nodes, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"the nodes are {', '.join(topology.nodes)}"
        raise UsageError(f"--exit-code-from {node}: there is no such node", hint)


class ExitOf:
    """A listener that stops everything when the node has come to its end; of replicas the first counts."""

    def __init__(self, node: str, supervisor: Supervisor) -> None:
        self._node = node
        self._supervisor = supervisor
        self._unit: str | None = None

    def hear(self, report: Report) -> None:
        """Note the end of the node, and stop the rest."""
        if not isinstance(report, StateChanged) or report.node != self._node or self._unit is not None:
            return
        if report.new in _ENDS and report.attempt > 0:
            self._unit = report.unit
            if not self._supervisor.snapshot().stopping:
                self._supervisor.stop(f"{report.unit} has ended")

    def code(self) -> int:
        """The exit code of the node's last process, 128 + n for a signal; 1 when it never ran."""
        if self._unit is None:
            return ExitCode.FINDINGS
        return self._supervisor.exit_codes.get(self._unit, ExitCode.FINDINGS)
