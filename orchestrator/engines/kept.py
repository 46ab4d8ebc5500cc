"""The engine of `up --keep`: what it runs outlives this process, and is taken over by the next engine."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.engines.children import Child
from orchestrator.engines.local import LocalEngine
from orchestrator.engines.orphans import Orphan, package_version
from orchestrator.errors import RunError
from orchestrator.vocabulary import Stream

if TYPE_CHECKING:
    from orchestrator.engines.protocol import Held
    from orchestrator.engines.stdio import Ends

ZYGOTE = "zygote"
"""The socket on which a zygote without a supervisor waits, in the run directory."""
_SPOOLS = "spool"
_CHUNK = 1 << 16


class KeptEngine(LocalEngine):
    """Like `LocalEngine`; its zygote goes on when this process dies, if `keep_in` was called.

    `orphan`: a zygote to take over in place of a new one.
    """

    def __init__(self, orphan: Orphan | None = None, *, target: str = "orchestrator.host:main") -> None:
        super().__init__(target=target)
        self._version = package_version()
        self._orphan = orphan
        self._run_dir: Path | None = None
        self._notes: dict[str, bytes] = {}
        self._fresh = True
        """Whether the zygote has not been told yet where to wait."""
        if orphan is not None:
            self._adopt(orphan)

    def keep_in(self, run_dir: Path) -> None:
        """Have the zygote wait there for another supervisor when this one is gone. To be called before
        `start`; without it nothing outlives this process, whatever was adopted."""
        self._run_dir = run_dir

    def _adopt(self, orphan: Orphan) -> None:
        from orchestrator.engines.bounds import Bounds

        self._mark, self._env = orphan.mark, orphan.env
        self._bounds = Bounds(self._mark, lambda text: self._listener.remarked(text))

    @property
    def has_taken_over(self) -> bool:
        """Whether the orphan's processes are this engine's: they end with it."""
        return self._orphan is not None and (self._link is not None or not self._fresh)

    @property
    def held(self) -> list[Held]:
        """The attempts that run, or have ended unseen, since before this engine."""
        return [] if self._orphan is None else [held for held, _ in self._orphan.held]

    def abandon(self) -> None:
        """Undo `prestart` where `start` was never reached; leave an orphan as it was."""
        if self._orphan is not None and self._link is None:
            self._orphan.close()
        super().abandon()

    def note(self, key: str, value: bytes) -> None:
        """Have the next supervisor know something, before anything is done that is asked for later."""
        from orchestrator.engines.protocol import Note

        self._notes[key] = value
        if self._link is not None and self._run_dir is not None:
            self._link.send(Note(key=key, value=value))

    # -- taking over -------------------------------------------------------------------------------

    async def _start_zygote(self) -> None:
        if self._orphan is not None and self._fresh:
            from orchestrator.engines.limits import DescriptorLimit

            self._limit = DescriptorLimit()
            self._link = self._orphan.link()
            self._ended = asyncio.Event()
            self._ready = self._loop.create_future()
            self._ready.set_result(None)
            self._link.attach(self._loop, self._hear, self._lost)
        else:
            await super()._start_zygote()
        self._tell_where()

    def _tell_where(self) -> None:
        """Say whether and where to wait for the next supervisor."""
        from orchestrator.engines.protocol import Keep, Note

        assert self._link is not None
        adopted, self._fresh = self._orphan is not None and self._fresh, False
        if self._run_dir is None:
            if adopted:
                self._link.send(Keep(on=False, spools=""))
            return
        fds = [] if adopted else [_listen(self._run_dir / ZYGOTE)]
        self._link.send(Keep(on=True, spools=str(self._run_dir / _SPOOLS)), fds)
        for key, value in self._notes.items():  # this one comes after a zygote that was lost
            self._link.send(Note(key=key, value=value))

    def take(self, unit: str, attempt: int) -> None:
        """Go on with an attempt of `held`: its output is delivered, and its exit, if it is over, told by
        `settle`. What it wrote while nobody read has been delivered when this returns."""
        from orchestrator.engines.protocol import Read

        assert self._orphan is not None and self._link is not None
        held, fds = next((h, f) for h, f in self._orphan.held if (h.unit, h.attempt) == (unit, attempt))
        child = Child(unit, attempt, None, pid=held.pid)
        self._children.add(child)
        for stream, spools, lost in zip((Stream.STDOUT, Stream.STDERR), held.spools, held.lost, strict=True):
            self._deliver_spools(held, stream, spools, lost)
        if any(held.spools) or any(held.lost):
            self._link.send(Read(unit=unit, attempt=attempt))
        if len(fds) >= 2:
            self._open_streams(child, fds[0], fds[1], fds[2] if len(fds) > 2 else None)
        fds.clear()

    def settle(self, held: Held) -> None:
        """Tell the end of an attempt that was over when it was taken."""
        if held.ended is not None:
            status, oom = held.ended
            self._on_exited(held.unit, held.attempt, held.pid, os.waitstatus_to_exitcode(status), oom)

    def _deliver_spools(self, held: Held, stream: Stream, spools: tuple[str, ...], lost: int) -> None:
        if lost:
            name = stream.value
            self._listener.remarked(
                f"{held.unit}: {lost} bytes of its {name} were not kept while no supervisor was there"
            )
        for path in spools:
            with suppress(OSError), Path(path).open("rb") as file:
                while data := file.read(_CHUNK):
                    self._deliver(held.unit, held.attempt, stream, data)

    # -- giving a second pair of hands what it needs -----------------------------------------------

    def _handed_over(self, ends: Ends) -> list[int]:
        ours = [fd for fd in (ends.stdout, ends.stderr, ends.stdin) if fd is not None]
        theirs = super()._handed_over(ends)
        if self._run_dir is None:
            return theirs
        copies: list[int] = []
        try:
            copies += map(os.dup, ours)
        except OSError:  # too many open files: this one is not kept, and its writes will fail then
            while copies:
                os.close(copies.pop())
        return theirs + copies

    def _settled(self, unit: str, attempt: int) -> None:
        from orchestrator.engines.protocol import Settled

        if self._link is not None and (self._run_dir is not None or self._orphan is not None):
            self._link.send(Settled(unit=unit, attempt=attempt))


def _listen(path: Path) -> int:
    """A socket that listens at `path`. Raises RunError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        sock.bind(os.fspath(path))
        path.chmod(0o600)
        sock.listen(64)
    except OSError as error:
        sock.close()
        raise RunError(f"{path} cannot be made: {error.strerror}") from error
    return sock.detach()
