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
    """The kernel hands a terminal's data on by 4 KiB, in its own time: what is there is taken at once."""

    async def work(loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(50):
            got = await _read_from_a_terminal(loop)
            assert max(map(len, got)) <= CHUNK
            if max(map(len, got)) > 4096:
                return
        raise AssertionError("a wake-up for every 4 KiB would cost too much")

    _run(work)


async def _read_from_a_terminal(loop: asyncio.AbstractEventLoop) -> list[bytes]:
    ends = open_ends(terminal=True, stdin=False)
    got: list[bytes] = []
    reader = OutputReader(loop, ends.stdout, got.append)
    os.set_blocking(ends.theirs[0], False)
    line, written = b"x" * 79 + b"\n", b""
    for _ in range(200):
        try:
            written += line[: os.write(ends.theirs[0], line)]
        except BlockingIOError:
            break
    async with asyncio.timeout(30):
        while sum(map(len, got)) < len(written):
            await asyncio.sleep(0)
    assert b"".join(got) == written and len(written) > 4096
    reader.close()
    os.close(ends.stderr)
    ends.close_theirs()
    return got
