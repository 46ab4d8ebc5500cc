"""What a run has lost, told at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.planning.types import Plan
from orchestrator.runtime.control import ControlServer
from orchestrator.runtime.flows import Flows
from orchestrator.runtime.reports import MessagesLost
from orchestrator.supervision.links.declared import declared
from orchestrator.supervision.state import State

_KILLED: Final = 128
"""Exit codes from here on are signals: who is killed has no last word."""
_PATIENCE_S: Final = 0.2
"""How long a last word may be on its way after the end of its process was seen."""


def lost(
    plan: Plan, state: State, control: ControlServer, exit_codes: Mapping[str, int]
) -> Iterator[MessagesLost]:
    """One report for each link that lost something, over all lives of its ends. `exit_codes`: of the units'
    last processes."""
    ended = [unit for unit in plan.units if unit.is_python and exit_codes.get(unit.unit, _KILLED) < _KILLED]
    control.hear_out([i.instance for unit in ended for i in unit.instances], _PATIENCE_S)
    traffic = control.beats.past.with_present(control.traffic())
    flows = Flows(plan, declared(plan, state.addresses), traffic)
    now = time.time()
    for flow in flows:
        if flow.lost:
            yield MessagesLost(
                time=now,
                sender=flow.sender,
                receiver=flow.receiver,
                sent=flow.meant,
                received=flow.received,
                dropped=flow.dropped or 0,
                unsent=flow.unsent or 0,
                discarded=flow.discarded,
                left=flow.left,
            )
    for sender, told in flows.dealers():
        if told.dropped:
            yield MessagesLost(
                time=now,
                sender=sender,
                receiver=None,
                sent=told.sent,
                received=None,
                dropped=0,
                unsent=told.dropped,
                discarded=0,
                left=None,
            )
