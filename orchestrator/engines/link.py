"""The supervisor's end of the line to one zygote: starting it, sending requests, hearing reports."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from typing import IO, Protocol, Self

from orchestrator.engines.protocol import (
    MARK_VARIABLE,
    Configure,
    FrameReader,
    Message,
    Request,
    encode,
    receive,
    rights,
)

_EXIT_S = 1.0
"""The longest a zygote that has closed its end of the line may take to be gone."""


class Process(Protocol):
    """What a link needs of its zygote's process."""

    @property
    def pid(self) -> int: ...

    def kill(self) -> None: ...

    def send_signal(self, sig: int) -> None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""


class ZygoteLink:
    """One zygote process. Starting it takes no event loop; hearing it does."""

    def __init__(
        self, sock: socket.socket, process: Process, stderr: IO[bytes], reader: FrameReader | None = None
    ) -> None:
        """`reader` has what was read from the line before: the beginning of what is to be heard."""
        self._sock = sock
        self._process = process
        self._stderr = stderr
        self._sock.setblocking(False)
        self._reader = FrameReader() if reader is None else reader
        self._outgoing: deque[tuple[memoryview, list[int]]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._resuming = False
        self._on_message: Callable[[Message], None] = lambda _: None
        self._on_end: Callable[[], None] = lambda: None

    @classmethod
    def start(cls, configuration: Configure) -> Self:
        """Make a zygote. Raises OSError when no process can be made."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        stderr = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the zygote
        try:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "orchestrator.engines.zygote"),
                    *("--fd", str(theirs.fileno())),
                ],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=_environment(configuration.mark),
                start_new_session=True,
            )
        except OSError:
            ours.close()
            stderr.close()
            raise
        finally:
            theirs.close()
        ours.sendall(encode(configuration))
        return cls(ours, process, stderr)

    @property
    def pid(self) -> int:
        return self._process.pid

    def attach(
        self,
        loop: asyncio.AbstractEventLoop,
        on_message: Callable[[Message], None],
        on_end: Callable[[], None],
    ) -> None:
        """Hear the zygote from now on. `on_end` is called once, when its end of the line is closed."""
        self._loop, self._on_message, self._on_end = loop, on_message, on_end
        loop.add_reader(self._sock, self._readable)
        loop.call_soon(self._hand_on)

    def send(self, request: Request, fds: Sequence[int] = ()) -> None:
        """Queue a request; never blocks. The descriptors are the link's now, which closes them once sent."""
        self._outgoing.append((memoryview(encode(request, len(fds))), list(fds)))
        if len(self._outgoing) == 1:
            self._flush()

    def hang_up(self) -> None:
        """Say that no request will follow: the zygote kills all it has made and ends; `on_end` follows."""
        self._drop_outgoing()
        self._resume()
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def kill(self) -> None:
        """SIGKILL the zygote itself."""
        self._process.kill()

    def resume(self) -> None:
        """SIGCONT: a zygote that somebody stopped (SIGSTOP, a debugger) must not hold a stop up.

        Once for all that is asked in one turn of the loop.
        """
        if self._loop is None:
            self._resume()
        elif not self._resuming:
            self._resuming = True
            self._loop.call_soon(self._resume)

    def _resume(self) -> None:
        self._resuming = False
        self._process.send_signal(signal.SIGCONT)

    def discard(self) -> str:
        """Reap the ended (or killed) zygote, free all descriptors, return the last line of its stderr."""
        self._drop_outgoing()
        if self._loop is not None:
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._loop = None
        self._sock.close()
        try:
            self._process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        return self._last_words()

    def _last_words(self) -> str:
        """The last line on the zygote's stderr: of a traceback the one that tells."""
        if self._stderr.closed:
            return ""
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 2000))
        lines = self._stderr.read().decode(errors="replace").split("\n")
        self._stderr.close()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    @property
    def returncode(self) -> int | None:
        """The zygote's exit code, negative for a signal, as in subprocess; None before it has been reaped."""
        return self._process.poll()

    def _readable(self) -> None:
        try:
            data, _ = receive(self._sock)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            if self._loop is not None:
                self._loop.remove_reader(self._sock)
            self._on_end()
            return
        self._reader.feed(data, [])
        self._hand_on()

    def _hand_on(self) -> None:
        """Whoever raises loses the one message, not those that came with it."""
        if self._loop is None:
            return
        try:
            for message, _ in self._reader.messages():
                self._on_message(message)
        except BaseException:
            if self._loop is not None:
                self._loop.call_soon(self._hand_on)
            raise

    def _flush(self) -> None:
        try:
            while self._outgoing:
                data, fds = self._outgoing[0]
                sent = self._sock.sendmsg([data], rights(fds))
                _close(fds)  # they went with the first byte
                if sent < len(data):
                    self._outgoing[0] = (data[sent:], [])
                else:
                    self._outgoing.popleft()
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._drop_outgoing()  # the reader sees the end of the line and tells
        if self._loop is not None:
            if self._outgoing:
                self._loop.add_writer(self._sock, self._flush)
            else:
                self._loop.remove_writer(self._sock)

    def _drop_outgoing(self) -> None:
        for _, fds in self._outgoing:
            _close(fds)
        self._outgoing.clear()


def _close(fds: list[int]) -> None:
    while fds:
        os.close(fds.pop())


def _environment(mark: str) -> dict[str, str]:
    """Ours, the marker, and our own module search path: what was imported here can be imported there."""
    path = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100  "" is the working directory
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(path)), MARK_VARIABLE: f"{mark}:"}
