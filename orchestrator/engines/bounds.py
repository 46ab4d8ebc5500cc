"""How a request's `resources` are put to the zygote: limits, and a control group where memory is bounded."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from orchestrator.engines import NO_LIMITS, SpawnRequest

if TYPE_CHECKING:
    from orchestrator.engines.protocol import Limits


class Bounds:
    """Of one engine. Control groups are looked for when the first unit needs one.

    `mark` names the engine; `remark` hears, once, why there are none and what counts instead.
    """

    def __init__(self, mark: str, remark: Callable[[str], None]) -> None:
        self._mark = mark
        self._remark = remark
        self._home: str | None = None
        self._looked = False

    def limits(self, request: SpawnRequest) -> Limits | None:
        """What the child is to do to itself; None for nothing."""
        found = request.resources
        if found == NO_LIMITS:
            return None
        return (found.cpus, found.nice, found.nofile, found.memory)

    def group(self, request: SpawnRequest, zygote: int) -> str | None:
        """The control group that is to bound the memory: its directory, which the zygote makes and removes.

        None where memory is not bounded, or there are no groups.
        """
        if request.resources.memory is None:
            return None
        from orchestrator.engines import cgroups

        if not self._looked:
            self._looked = True
            self._home = self._open({os.getpid(), zygote})
        if self._home is None:
            return None
        return cgroups.group_of(self._home, self._mark, str(request.unit), request.attempt)

    def close(self) -> None:
        """Remove what is left of the groups, and go back to where we were. Idempotent."""
        if self._home is not None:
            from orchestrator.engines import cgroups

            cgroups.close_down(self._home, cgroups.leaf_of(self._home, self._mark))
        self._home, self._looked = None, False

    def _open(self, ours: Collection[int]) -> str | None:
        from orchestrator.engines import cgroups

        try:
            home = cgroups.find()
            cgroups.open_up(home, cgroups.leaf_of(home, self._mark), lambda pid: _is_below(pid, ours))
        except cgroups.UnusableError as error:
            self._remark(f"`resources.memory` bounds the address space of each process alone: {error}")
            return None
        return home


def _is_below(pid: int, roots: Collection[int]) -> bool:
    """Whether a process is one of `roots` or descends from one."""
    from orchestrator.engines import proctable

    for _ in range(1000):  # a table that changes while it is read may seem to have circles
        if pid in roots:
            return True
        proc = proctable.read(pid)
        if proc is None or proc.parent <= 1:
            return False
        pid = proc.parent
    return False
