"""Which processes ended that should not have, and how that is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.runtime.reports import StateChanged
from orchestrator.vocabulary import NodeState

_AGAIN_AS_MEANT: Final = "; runs again in "
"""In the reason of a pause after a success (`restart: always`); all other pauses follow on a failure."""


class NodeDied(AssertionError):  # noqa: N818 - reads as what happened
    """A node of the topology under test ended when it should not have, or could not go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One failed process."""

    unit: str
    node: str
    reason: str
    last_lines: tuple[str, ...]


def death_in(report: StateChanged) -> Death | None:
    """The death that a change of state tells of, if it tells of one."""
    again = report.new is NodeState.BACKOFF and _AGAIN_AS_MEANT not in report.reason
    if not again and report.new is not NodeState.FAILED:
        return None
    return Death(
        unit=report.unit, node=report.node, reason=report.reason, last_lines=tuple(report.last_lines)
    )


def unexpected(deaths: Iterable[Death], may_die: Collection[str] | bool) -> tuple[Death, ...]:
    """Those of nodes and units that were not said to die. True: all may."""
    if isinstance(may_die, bool):
        return () if may_die else tuple(deaths)
    return tuple(death for death in deaths if death.unit not in may_die and death.node not in may_die)


def told(topology: str, deaths: Sequence[Death]) -> str:
    """What a failing test says: each unit's first death, and how many more followed."""
    parts = []
    for unit in dict.fromkeys(death.unit for death in deaths):
        own = [death for death in deaths if death.unit == unit]
        parts.append(f"{unit} of {topology} died: {own[0].reason}")
        parts += [f"    {line}" for line in own[0].last_lines]
        if len(own) > 1:
            parts.append(f"  and {len(own) - 1} more {'time' if len(own) == 2 else 'times'}")
    return "\n".join(parts)
