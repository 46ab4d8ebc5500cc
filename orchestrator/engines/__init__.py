"""Who runs processes. An engine starts, signals and kills units, and tells its listener what became of them.

It decides nothing: restarts, grace and order are the supervision machine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from orchestrator.model.types import Resources
from orchestrator.vocabulary import Stream

PASSING: Final = "hook:"
"""Begins the names of units that are no part of the topology: they end with the engine's process, even where
the others outlive it."""
NO_LIMITS: Final = Resources()
"""As much as the orchestrator itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpawnRequest:
    """One process to make. Exactly one of `argv` and `host` is set."""

    unit: str
    attempt: int
    argv: tuple[str, ...] | None
    """A foreign program, looked up in the PATH of `env`."""
    host: bytes | None
    """A dill-pickled `HostLaunch`: a Python node, forked from the zygote."""
    env: Mapping[str, str]
    """The complete environment."""
    cwd: str
    stdin: bool
    """Whether a pipe is kept open to the process's standard input; otherwise it reads /dev/null."""
    resources: Resources = NO_LIMITS


class EngineListener(Protocol):
    """Where an engine reports. Called on the event loop's thread, in the order in which things happened.

    All output of a process has been delivered before `exited` is called for it (unless a grandchild keeps
    the pipe).
    """

    def spawned(self, unit: str, attempt: int, pid: int) -> None: ...

    def spawn_failed(self, unit: str, attempt: int, reason: str, permanent: bool) -> None: ...

    def output(self, unit: str, attempt: int, stream: Stream, data: bytes) -> None: ...

    def exited(
        self, unit: str, attempt: int, pid: int, code: int | None, signal: int | None, out_of_memory: bool
    ) -> None: ...

    def remarked(self, text: str) -> None:
        """Something that is no unit's own and no failure, and that a person should know. Told once."""

    def engine_lost(self, reason: str) -> None:
        """The engine itself broke and could not mend it; every unit must count as gone."""


class Engine(Protocol):
    """The seam between judgement and processes."""

    async def start(self, listener: EngineListener) -> None:
        """Make ready to spawn. Raises RunError or PlatformError."""

    def spawn(self, request: SpawnRequest) -> None:
        """Start a process; `spawned` or `spawn_failed` follows."""

    def signal(self, unit: str, attempt: int, signum: int) -> None:
        """Send a signal to the unit's main process (SIGCONT goes along, so that a stopped one hears it)."""

    def kill(self, unit: str, attempt: int) -> None:
        """SIGKILL the unit's whole process group and whatever of its descendants can still be found."""

    def write_stdin(self, unit: str, attempt: int, data: bytes, *, last: bool = False) -> None:
        """Queue data for a unit that was started with `stdin`. `last`: its input ends after that."""

    def hold_output(self, held: bool) -> None:
        """While `held`, what processes write waits in their pipes. At their end it is read in any case."""

    async def close(self) -> None:
        """Kill whatever is left, reap it, give all descriptors back. Idempotent."""
