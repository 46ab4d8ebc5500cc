"""`up -d`: a supervisor in a session of its own, and the one who started it waiting until it is ready.

The parent starts `up` again, detached, and shows what that says until the topology is ready. The child tells
so on a pipe, then lets go of the terminal: what it has to say from then on goes to `supervisor.log` in the
project's state directory.
"""

from __future__ import annotations

import argparse
import codecs
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from orchestrator.errors import ExitCode, RunError

FD: Final = "ORCHESTRATOR_DETACHED_FD"
"""In the child's environment: the descriptor on which it says `READY`."""
READY: Final = b"ready\n"
LOG: Final = "supervisor.log"
_CHUNK: Final = 1 << 16


# ---------------------------------------------------------------------- the parent


def start(args: argparse.Namespace, words: list[str], timeout_s: float | None) -> int:
    """Start `orchestrator up` with `words` in the background, and wait until the topology is ready.

    0 once it is; else the child's exit code, after it has said why. 1 when `timeout_s` is over: then nothing
    is left running. 130 after Ctrl-C, which stops it too.
    """
    if os.name != "posix":
        raise RunError("this platform cannot run a supervisor in the background", "leave -d away")
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "orchestrator", "up", *words],
        stdin=sys.stdin if args.file == "-" else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writing,),
        env={**os.environ, FD: str(writing)},
        start_new_session=True,
    )
    os.close(writing)
    assert process.stdout is not None
    with process.stdout, os.fdopen(reading, "rb", buffering=0) as status:
        return _Wait(process, process.stdout, status, timeout_s).run()


class _Wait:
    """The parent's wait: passes on what the child says until it is ready or ends."""

    def __init__(
        self, process: subprocess.Popen[bytes], said: IO[bytes], status: IO[bytes], timeout_s: float | None
    ) -> None:
        self._process = process
        self._said = said
        self._status = status
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self._timeout_s = timeout_s
        self._ready = False
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def run(self) -> int:
        try:
            late = self._listen()
        except KeyboardInterrupt:
            self._stop(signal.SIGINT)
            return ExitCode.INTERRUPTED
        if self._ready:
            return ExitCode.OK
        if late:
            self._stop(signal.SIGTERM)
            sys.stderr.write(f"error: not ready after {self._timeout_s:g} s; everything was stopped\n")
            return ExitCode.FINDINGS
        return self._process.wait()

    def _listen(self) -> bool:
        """Until the child is ready, or has closed both ends. Whether it took too long."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._said, selectors.EVENT_READ, self._pass_on)
            selector.register(self._status, selectors.EVENT_READ, self._note_ready)
            while selector.get_map():
                left = None if self._deadline is None else self._deadline - time.monotonic()
                if left is not None and left <= 0:
                    return True
                for key, _ in selector.select(left):
                    hear: Callable[[], bool] = key.data
                    if not hear():
                        selector.unregister(key.fileobj)
        return False

    def _pass_on(self) -> bool:
        """A reader who has had enough (`up -d … | head`) does not end what is to go on without him."""
        data = os.read(self._said.fileno(), _CHUNK)
        try:
            sys.stdout.write(self._decode(data, final=not data))
            sys.stdout.flush()
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - for as long as this process
        return bool(data)

    def _note_ready(self) -> bool:
        data = os.read(self._status.fileno(), len(READY))
        self._ready = self._ready or data == READY
        return bool(data)

    def _stop(self, signum: int) -> None:
        self._process.send_signal(signum)
        self._deadline = None
        self._listen()
        self._process.wait()


# ---------------------------------------------------------------------- the child


def status_descriptor() -> int | None:
    """The descriptor to say READY on, inherited by nothing started here; None where `up` is not detached."""
    text = os.environ.pop(FD, None)
    if text is None or not text.isdigit():
        return None
    os.set_inheritable(int(text), False)
    return int(text)


def let_go(descriptor: int, state_dir: Path) -> None:
    """Say READY, and leave the terminal: standard output and error go to a file from now on."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = os.open(state_dir / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:  # a disk that is full or read-only is no reason to stop a topology
        log = os.open(os.devnull, os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.write(descriptor, READY)
    os.close(descriptor)
