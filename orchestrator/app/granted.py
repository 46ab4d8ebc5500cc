"""Whether this host grants what `resources` ask for. Asked before anything starts; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from orchestrator.model.quantities import format_cpus
from orchestrator.model.types import Resources


class Machine(Protocol):
    """What a host says about itself."""

    @property
    def cpus(self) -> Collection[int]:
        """The processors that processes can be bound to; none where no process can be."""

    @property
    def memory_trouble(self) -> str | None:
        """Why no control group can bound memory; None when one can."""

    def nice_refusal(self, nice: int) -> str | None:
        """Why no process of this user may have that priority."""

    def nofile_refusal(self, count: int) -> str | None:
        """Why no process of this user may have so many files open."""


class ThisMachine:
    """The host this runs on. POSIX."""

    @cached_property
    def cpus(self) -> Collection[int]:
        """See `Machine`."""
        from orchestrator.engines import restrict

        return restrict.usable_cpus()

    @cached_property
    def memory_trouble(self) -> str | None:
        """See `Machine`."""
        from orchestrator.engines import cgroups

        try:
            cgroups.find()
        except cgroups.UnusableError as error:
            return str(error)
        return None

    def nice_refusal(self, nice: int) -> str | None:
        """See `Machine`."""
        from orchestrator.engines import restrict

        if restrict.may_have_nice(nice):
            return None
        return restrict.nice_text(nice, os.getpriority(os.PRIO_PROCESS, 0))

    def nofile_refusal(self, count: int) -> str | None:
        """See `Machine`."""
        from orchestrator.engines import restrict

        return None if restrict.may_have_nofile(count) else restrict.nofile_text(count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One key of `resources` that can't be had."""

    key: str
    fact: str
    help: str


def refusals(resources: Resources, machine: Machine) -> Iterator[Refusal]:
    """Every key that can't be had; `memory` always can, in one way or the other."""
    if resources.cpus is not None:
        yield from _cpus(resources.cpus, machine)
    if resources.nice is not None and (fact := machine.nice_refusal(resources.nice)) is not None:
        yield Refusal(key="nice", fact=fact, help="write a higher number, or raise the limit: `ulimit -e`")
    if resources.nofile is not None and (fact := machine.nofile_refusal(resources.nofile)) is not None:
        help_ = "write a lower number, or raise the limit: `ulimit -n`, limits.conf(5), `LimitNOFILE=`"
        yield Refusal(key="nofile", fact=fact, help=help_)


def _cpus(wanted: Iterable[int], machine: Machine) -> Iterator[Refusal]:
    from orchestrator.engines import restrict

    here = machine.cpus
    missing = set(wanted) - set(here)
    if not here:
        yield Refusal(
            key="cpus", fact="this system binds no process to processors", help="leave `cpus` out here"
        )
    elif missing:
        fact = restrict.missing_text(missing)
        yield Refusal(key="cpus", fact=fact, help=f"those of this host are {format_cpus(here)}")
