"""The line to the zygote: what is asked in one turn of the loop wakes a stopped one once."""

from __future__ import annotations

import asyncio
import io
import signal
import socket

import pytest

from orchestrator.engines.link import ZygoteLink
from orchestrator.engines.protocol import Signal

from .engine_support import drive

pytestmark = pytest.mark.integration


class Counted:
    """A process that remembers its signals."""

    pid = 1

    def __init__(self) -> None:
        self.signals: list[int] = []

    def send_signal(self, sig: int) -> None:
        self.signals.append(sig)

    def kill(self) -> None:
        """It is none."""

    def poll(self) -> int | None:
        return 0

    def wait(self, timeout: float | None = None) -> int:
        return 0


@drive
async def test_many_requests_are_one_wake_up() -> None:
    ours, theirs = socket.socketpair()
    process = Counted()
    link = ZygoteLink(ours, process, io.BytesIO())
    link.attach(asyncio.get_running_loop(), lambda message: None, lambda: None)
    for turn in (1, 2):
        for number in range(200):
            link.resume()
            link.send(Signal(unit=f"u{number}", attempt=1, signum=15))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert process.signals == [signal.SIGCONT] * turn
    link.resume()
    link.hang_up()
    assert process.signals == [signal.SIGCONT] * 3  # whatever becomes of the loop
    link.discard()
    theirs.close()


def test_without_a_loop_it_is_woken_at_once() -> None:
    ours, theirs = socket.socketpair()
    process = Counted()
    link = ZygoteLink(ours, process, io.BytesIO())
    link.resume()
    assert process.signals == [signal.SIGCONT]
    link.discard()
    theirs.close()
