"""RLIMIT_NOFILE: a supervisor of hundreds of nodes needs more than the usual 1,024. POSIX only."""

from __future__ import annotations

import resource
from contextlib import suppress


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
