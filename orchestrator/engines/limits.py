"""RLIMIT_NOFILE: a supervisor of hundreds of nodes needs more than the usual 1,024. POSIX only."""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import Final

from orchestrator.errors import RunError

_BASE: Final = 32
_PYTHON: Final = 4
_FOREIGN: Final = 3
"""Descriptors of the supervisor: its own; for a Python process two pipes and two connections; for another one
a terminal and one or two pipes."""
_LEAST: Final = 48
"""A Python node has 18 before its first socket; libzmq ends a process that runs out of them (SIGABRT)."""


def needed(python: int, foreign: int) -> int:
    """Open files that it takes to supervise so many processes of Python nodes and of foreign programs."""
    return max(_LEAST, _BASE + _PYTHON * python + _FOREIGN * foreign)


def require(python: int, foreign: int) -> None:
    """See that so many processes can be supervised. Raises RunError when the hard limit is too low.

    Without this, libzmq would end the supervisor when the descriptors run out.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = needed(python, foreign)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        count = python + foreign
        raise RunError(
            f"{count} {'process needs' if count == 1 else 'processes need'} about {wanted} open files, "
            f"and no more than {hard} are allowed",
            "raise the hard limit: `ulimit -n`, limits.conf(5), or `LimitNOFILE=` of systemd",
        )


class DescriptorLimit:
    """The soft limit of open files: raised to the hard one while the engine runs, then put back."""

    def __init__(self) -> None:
        self.original, self._hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def raise_(self) -> None:
        """Take all that the hard limit allows. macOS refuses an infinite one; then nothing changes."""
        self._set(self._hard)

    def restore(self) -> None:
        """Put the soft limit back."""
        self._set(self.original)

    def _set(self, soft: int) -> None:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, self._hard))
