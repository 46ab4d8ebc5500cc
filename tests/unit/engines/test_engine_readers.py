"""Reading what processes write: chunks, holding back, the last word."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from orchestrator.engines.stdio import CHUNK, OutputReader, Readers, open_ends


def _run(work: Callable[[asyncio.AbstractEventLoop], object]) -> None:
    async def main() -> None:
        made = work(asyncio.get_running_loop())
        if asyncio.iscoroutine(made):
            await made

    asyncio.run(main())


async def _turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_what_is_held_back_waits_in_its_pipe_and_comes_later() -> None:
    async def work(loop: asyncio.AbstractEventLoop) -> None:
        readers, got = Readers(), []
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        reader = OutputReader(loop, reading, got.append, readers)
        readers.hold(True)
        os.write(writing, b"one\n")
        await _turns()
        assert got == []
        readers.hold(False)
        await _turns()
        assert got == [b"one\n"]
        readers.hold(True)
        readers.hold(True)
        os.write(writing, b"two\n")
        os.close(writing)
        reader.drain()
        assert got == [b"one\n", b"two\n"]
        assert not reader.open and not readers.all

    _run(work)


def test_a_reader_that_is_made_while_others_are_held_is_held_too() -> None:
    async def work(loop: asyncio.AbstractEventLoop) -> None:
        readers, got = Readers(), []
        readers.hold(True)
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        reader = OutputReader(loop, reading, got.append, readers)
        os.write(writing, b"x")
        await _turns()
        assert got == []
        readers.hold(False)
        await _turns()
        assert got == [b"x"]
        reader.close()
        os.close(writing)

    _run(work)


def test_a_terminal_is_read_by_the_chunk() -> None:
    async def work(loop: asyncio.AbstractEventLoop) -> None:
        ends = open_ends(terminal=True, stdin=False)
        got: list[bytes] = []
        reader = OutputReader(loop, ends.stdout, got.append)
        data = b"x" * 79 + b"\n"
        os.set_blocking(ends.theirs[0], False)
        written = 0
        for _ in range(200):
            try:
                written += os.write(ends.theirs[0], data)
            except BlockingIOError:
                break
        await _turns(20)
        assert sum(map(len, got)) == written > 4096
        assert max(map(len, got)) > 4096, "a wake-up for every 4 KiB would cost too much"
        assert max(map(len, got)) <= CHUNK
        reader.close()
        os.close(ends.stderr)
        ends.close_theirs()

    _run(work)
