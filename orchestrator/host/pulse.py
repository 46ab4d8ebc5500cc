"""When a BEAT is due, and what it says. Pure but for the figures it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.host.instance import Instance

QUIET = 5
"""A node that does nothing tells so in every fifth interval only."""


class Pulse:
    """Remembers what was last told about each instance."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._steps: dict[str, int] = {}
        self._stepped_at: dict[str, float] = {}
        self._told_at: dict[str, float] = {}
        self._links_at: dict[str, float] = {}

    def beats(
        self, now: float, instances: Sequence[Instance], *, last: bool = False
    ) -> list[tuple[str, dict[str, Any]]]:
        """The BEATs to send now: for each instance that has moved, is busy or has news of its links, and now
        and then for the others. The links go along when they have changed, and now and then.

        `last`: for all of them, without links, whose ends are not there any more.
        """
        if last:
            return [(i.name, {**i.beat(now, now, links=False), "last": True}) for i in instances]
        due = []
        for instance in instances:
            name, progress = instance.name, instance.control.progress
            steps = progress.steps
            moved = self._steps.get(name) != steps
            if moved:
                self._steps[name] = steps
                self._stepped_at[name] = now
            quiet = self._is_late(self._told_at, name, now)
            links = instance.has_news() or self._is_late(self._links_at, name, now)
            if moved or progress.busy_since or quiet or links:
                self._told_at[name] = now
                if links:
                    self._links_at[name] = now
                due.append((name, instance.beat(now, self._stepped_at.get(name, 0.0), links=links)))
        return due

    def _is_late(self, told: dict[str, float], name: str, now: float) -> bool:
        return now - told.get(name, 0.0) >= (QUIET - 0.5) * self._interval_s
