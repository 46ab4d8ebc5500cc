"""A zygote outlives its supervisor and is taken over: processes, output, ends, standard input."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engines.kept import ZYGOTE, KeptEngine
from orchestrator.engines.orphans import NobodyThereError, Orphan, ask, is_waiting
from orchestrator.engines.protocol import Exited, Message, Table, encode, receive_first
from orchestrator.vocabulary import Stream

from .engine_support import HERE, Recorder, drive, is_running, marked, open_fds, until, until_now

pytestmark = pytest.mark.integration


WAIT = "until [ -e GO ]; do sleep 0.01; done; "
"""Before what is to happen when the supervisor is gone, and not a moment earlier."""


class Driver:
    """A supervisor that is going to be killed."""

    def __init__(self, directory: Path, **units: str) -> None:
        command = [sys.executable, str(Path(HERE) / "kept_driver.py"), str(directory)]
        go = str(directory / "go")
        command += [f"{unit}={script.replace('GO', go)}" for unit, script in units.items()]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE)
        self.path = directory / ZYGOTE
        self._seen: list[dict[str, Any]] = []
        self.zygote = int(self.see("zygote")["pid"])

    def see(self, what: str, **wanted: Any) -> dict[str, Any]:
        assert self.process.stdout is not None
        wanted["what"] = what
        for event in self._seen:
            if wanted.items() <= event.items():
                return event
        for line in self.process.stdout:
            self._seen.append(json.loads(line))
            if wanted.items() <= self._seen[-1].items():
                return self._seen[-1]
        raise AssertionError(f"ended before {wanted}")

    def pid(self, unit: str) -> int:
        return int(self.see("spawned", unit=unit)["pid"])

    def let_go(self) -> None:
        """What waits for WAIT goes on."""
        (self.path.parent / "go").touch()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Driver]]:
    monkeypatch.syspath_prepend(HERE)
    started: list[Driver] = []

    def begin(**units: str) -> Driver:
        started.append(Driver(tmp_path, **units))
        return started[-1]

    yield begin
    try:
        for driver in started:
            driver.kill()
            until_now(lambda driver=driver: not is_running(driver.zygote), deadline_s=5)
    finally:
        for driver in started:
            with suppress(ProcessLookupError):
                os.kill(driver.zygote, signal.SIGKILL)


@asynccontextmanager
async def adopted(driver: Driver, *, keep: bool = True) -> AsyncIterator[tuple[KeptEngine, Recorder]]:
    """Another engine over what the killed one left; in the end it is closed and nothing is left."""
    fds = open_fds()
    engine, seen = KeptEngine(ask(driver.path, adopt=True)), Recorder()
    if keep:
        engine.keep_in(driver.path.parent)
    await engine.start(seen)
    try:
        for held in engine.held:
            engine.take(held.unit, held.attempt)
        for held in engine.held:
            engine.settle(held)
        yield engine, seen
    finally:
        await engine.close()
    assert marked(engine) == []
    assert open_fds() == fds


def look(driver: Driver) -> Orphan:
    return ask(driver.path, adopt=False)


@drive
async def test_processes_go_on_and_their_output_is_kept(start: Callable[..., Driver]) -> None:
    driver = start(a="echo begun; while :; do echo tick; sleep 0.02; done", n="@wait")
    pids = [driver.pid("a"), driver.pid("n")]
    driver.see("output", unit="a")
    driver.kill()
    until_now(lambda: any(data.count(b"tick") >= 5 for data in _contents(driver.path.parent / "spool")))
    assert sorted(h.pid for h, _ in look(driver).held) == sorted(pids)
    async with adopted(driver) as (engine, seen):
        kept = seen.text("a").count(b"tick")
        assert kept >= 5
        await until(lambda: seen.text("a").count(b"tick") > kept)
        assert [held.pid for held in engine.held] == pids
        assert all(map(is_running, pids))
        engine.signal("a", 1, signal.SIGTERM)
        assert await seen.end("a") == (None, signal.SIGTERM)
    assert not any(map(is_running, pids))


@drive
async def test_ends_that_nobody_saw_are_told(start: Callable[..., Driver]) -> None:
    driver = start(a="trap 'exit 3' TERM; while :; do sleep 0.01; done", inb="read x; echo last; exit 4")
    pids = [driver.pid("a"), driver.pid("inb")]
    driver.kill()
    assert sorted(h.pid for h, _ in look(driver).held) == sorted(pids)
    os.kill(pids[0], signal.SIGTERM)
    until_now(lambda: not is_running(pids[0]))
    async with adopted(driver) as (engine, seen):
        assert await seen.end("a") == (3, None)
        assert [r[3] for r in seen.of("exited")] == pids[:1]
        engine.write_stdin("inb", 1, b"go\n")
        assert await seen.end("inb") == (4, None)
        assert seen.text("inb") == b"last\n"


@drive
async def test_an_end_told_to_a_dying_supervisor_is_told_again(start: Callable[..., Driver]) -> None:
    driver = start(fatal="echo bye; exit 5")
    driver.process.wait()
    async with adopted(driver) as (_, seen):
        assert await seen.end("fatal") == (5, None)


@drive
async def test_what_the_first_noted_is_there_for_the_second(start: Callable[..., Driver]) -> None:
    driver = start(a="sleep 1000")
    driver.pid("a")
    driver.kill()
    assert look(driver).notes == {"project": b"told by the first"}
    async with adopted(driver) as (engine, _):
        engine.note("project", b"told by the second")


@drive
async def test_one_adopter_after_the_other(start: Callable[..., Driver]) -> None:
    """Each is dropped before it has read what was kept: the next one gets all of it."""
    driver = start(a=WAIT + "i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo line $i; done; exec sleep 1000")
    pid = driver.pid("a")
    driver.kill()
    driver.let_go()
    for _ in range(5):
        ask(driver.path, adopt=True).close()
    async with adopted(driver) as (_, seen):
        await until(lambda: b"line 500\n" in seen.text("a"))
        assert seen.text("a") == b"".join(b"line %d\n" % i for i in range(1, 501))
        assert is_running(pid)


@drive
async def test_a_flood_blocks_nobody_and_what_is_lost_is_said(start: Callable[..., Driver]) -> None:
    driver = start(a=WAIT + "head -c 20000000 /dev/zero | tr '\\0' x; echo; echo end; exec sleep 1000")
    driver.pid("a")
    driver.kill()
    driver.let_go()
    begin = time.monotonic()
    spool = driver.path.parent / "spool"
    until_now(lambda: any(data.endswith(b"end\n") for data in _contents(spool)))
    assert time.monotonic() - begin < 20
    assert sum(map(len, _contents(spool))) <= 2 * (4 << 20)
    async with adopted(driver) as (_, seen):
        [remark] = seen.of("remark")
        text = seen.text("a")
        assert text.endswith(b"x\nend\n") and len(text) >= 4 << 20
        assert f"a: {20000000 + 5 - len(text)} bytes of its stdout" in remark[1]
        until_now(lambda: not list(spool.glob("*")))


def _contents(directory: Path) -> list[bytes]:
    found = []
    for file in directory.glob("*"):
        with suppress(FileNotFoundError):  # the next one takes its place
            found.append(file.read_bytes())
    return found


@drive
async def test_an_adopter_that_does_not_keep_takes_all_with_it(start: Callable[..., Driver]) -> None:
    driver = start(a="sleep 1000")
    pid = driver.pid("a")
    driver.kill()
    assert is_running(pid)
    async with adopted(driver, keep=False) as (engine, _):
        engine._link._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # as its death would
        await until(lambda: not is_running(pid))


def test_an_orphan_that_was_to_stop_ends_with_its_last_process(start: Callable[..., Driver]) -> None:
    driver = start(a=WAIT)
    driver.pid("a")
    _adopt_and_note(driver)
    assert is_running(driver.zygote)
    driver.let_go()
    until_now(lambda: not is_running(driver.zygote))
    assert not is_waiting(driver.path)


def _adopt_and_note(driver: Driver) -> None:
    driver.kill()

    @drive
    async def note() -> None:
        engine = KeptEngine(ask(driver.path, adopt=True))
        engine.keep_in(driver.path.parent)
        await engine.start(Recorder())
        engine.note("stopping", b"1")
        assert engine._link is not None
        engine._link.discard = lambda: ""  # type: ignore[method-assign]
        engine._link._loop.remove_reader(engine._link._sock)  # type: ignore[union-attr]
        engine._link._sock.close()

    note()


def test_a_zygote_that_is_killed_leaves_nobody(start: Callable[..., Driver]) -> None:
    driver = start(a="sleep 1000", n="@wait")
    pids = [driver.pid("a"), driver.pid("n")]
    driver.kill()
    assert is_waiting(driver.path) and all(map(is_running, pids))
    os.kill(driver.zygote, signal.SIGKILL)
    until_now(lambda: not any(map(is_running, pids)))
    with pytest.raises(NobodyThereError):
        look(driver)


@drive
async def test_noise_on_the_line_changes_nothing(start: Callable[..., Driver]) -> None:
    driver = start(a="sleep 1000")
    pid = driver.pid("a")
    driver.kill()
    for noise in (b"", b"x", b"\0\0\0\5\0hello", b"\xff" * 200, b"\0\0\0\2\0N."):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(str(driver.path))
            line.sendall(noise)
    assert [h.pid for h, _ in look(driver).held] == [pid]
    async with adopted(driver) as (_, seen):
        assert seen.of("exited") == []
        assert Stream.STDOUT not in [r[3] for r in seen.of("output")]


@drive
async def test_what_is_told_right_behind_the_table_is_heard(tmp_path: Path) -> None:
    """A process may end between the answer and the first look of the one who asked."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "z"))
    listener.listen()
    told = Exited(unit="a", attempt=1, pid=7, status=768, out_of_memory=False)
    frames = encode(Table(pid=os.getpid(), mark="m", env={}, notes={})) + encode(told) + encode(told)

    def answer() -> socket.socket:
        line, _ = listener.accept()
        receive_first(line)
        line.sendall(frames[:-3])
        return line

    with ThreadPoolExecutor(1) as pool, listener:
        answering = pool.submit(answer)
        orphan = ask(tmp_path / "z", adopt=True)
        line = answering.result()
    heard: list[Message] = []
    link = orphan.link()
    link.attach(asyncio.get_running_loop(), heard.append, lambda: None)
    await until(lambda: len(heard) == 1)
    line.sendall(frames[-3:])
    await until(lambda: len(heard) == 2)
    assert heard == [told, told]
    link._sock.close()
    line.close()
