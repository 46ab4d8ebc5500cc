"""Who survives whom: the supervisor killed, the zygote killed, both killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from .engine_support import HERE, drive, is_running, lab, until, until_now

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)


@pytest.fixture
def driver() -> Iterator[Any]:
    """Starts a supervisor in a process of its own; ends whatever a failed test left of it."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(Path(HERE) / "engine_driver.py"), *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _facts(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())  # type: ignore[no-any-return]


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_nothing_outlives_a_killed_supervisor(driver: Any, signum: int) -> None:
    process = driver()
    facts = _facts(process)
    pids = [*facts["pids"], facts["zygote"]]
    assert len(pids) == 31 and all(map(is_running, pids))
    process.send_signal(signum)
    until_now(lambda: not any(map(is_running, pids)), deadline_s=5)


def test_nothing_outlives_it_either_when_the_zygote_was_stopped(driver: Any) -> None:
    process = driver()
    facts = _facts(process)
    pids = [*facts["pids"], facts["zygote"]]
    os.kill(facts["zygote"], signal.SIGSTOP)
    process.kill()
    until_now(lambda: not any(map(is_running, pids)), deadline_s=5)


def test_a_supervisors_fork_that_holds_the_line_open_changes_nothing(driver: Any) -> None:
    process = driver("--hold-socket")
    fork = _facts(process)["fork"]
    try:
        facts = _facts(process)
        pids = [*facts["pids"], facts["zygote"]]
        process.kill()
        until_now(lambda: not any(map(is_running, pids)), deadline_s=5)
        assert is_running(fork)
    finally:
        os.kill(fork, signal.SIGKILL)


def test_a_stopped_supervisor_is_no_dead_one(driver: Any) -> None:
    process = driver()
    facts = _facts(process)
    process.send_signal(signal.SIGSTOP)
    until_now(lambda: " T " in Path(f"/proc/{process.pid}/stat").read_text())
    assert all(map(is_running, facts["pids"]))
    process.send_signal(signal.SIGCONT)
    assert all(map(is_running, facts["pids"]))
    process.kill()
    until_now(lambda: not any(map(is_running, facts["pids"])))


def test_units_die_even_when_supervisor_and_zygote_are_killed_at_once(driver: Any) -> None:
    """The kernel sees to the main processes; their grandchildren are beyond reach and ended by the test."""
    process = driver()
    facts = _facts(process)
    mains = [pid for pid in facts["pids"] if _parent(pid) == facts["zygote"]]
    assert len(mains) == 10
    os.kill(process.pid, signal.SIGSTOP)  # so that it cannot mend
    os.kill(facts["zygote"], signal.SIGKILL)
    process.kill()
    until_now(lambda: not any(map(is_running, mains)))
    for pid in facts["pids"]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until_now(lambda: not any(map(is_running, facts["pids"])))


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@drive
async def test_a_killed_zygote_is_replaced_and_what_it_had_made_is_gone() -> None:
    async with lab() as at:
        at.shell("it", "sleep 1000 & echo $!; setsid sh -c 'echo $$; sleep 1000 & echo $!; wait' & wait")
        at.node("node", "fork_daemon")
        pids = [int(line) for line in await at.seen.lines("it", 3)]
        pids += [int(line.split()[1]) for line in await at.seen.lines("node", 2) if "daemon" in line]
        pids += [await at.seen.pid("it"), await at.seen.pid("node")]
        zygote = at.zygote_pid
        os.kill(zygote, signal.SIGKILL)
        assert await at.seen.end("it") == (None, signal.SIGKILL)
        assert await at.seen.end("node") == (None, signal.SIGKILL)
        assert not any(map(is_running, pids))
        at.shell("it", "echo again", attempt=2)
        assert await at.seen.lines("it", attempt=2) == ["again"]
        assert await at.seen.end("it", 2) == (0, None)
        assert at.zygote_pid != zygote
        assert at.seen.of("lost") == []


@drive
async def test_requests_that_the_killed_zygote_never_answered_are_answered() -> None:
    async with lab() as at:
        os.kill(at.zygote_pid, signal.SIGSTOP)
        at.program("it", "true")
        os.kill(at.zygote_pid, signal.SIGKILL)
        reason = "the process that starts programs was lost: killed by signal 9"
        await at.seen.until(lambda: at.seen.of("failed", "it"))
        assert at.seen.reports == [("failed", "it", 1, reason, False)]


@drive
async def test_a_zygote_that_is_killed_again_and_again_is_given_up() -> None:
    async with lab() as at:
        for attempt in range(1, 5):
            at.program("it", "sleep", "1000", attempt=attempt)
            await at.seen.pid("it", attempt)
            os.kill(at.zygote_pid, signal.SIGKILL)
            await at.seen.end("it", attempt)
        lost = await at.seen.until(lambda: at.seen.of("lost"))
        how = "ended (killed by signal 9); it was lost 4 times within 60 s"
        assert lost == [("lost", f"the process that starts programs {how}")]
        at.program("late", "true")
        await at.seen.until(lambda: at.seen.of("failed", "late"))


@drive
async def test_close_while_a_lost_zygote_is_being_replaced() -> None:
    async with lab() as at:
        at.shell("it", "setsid sh -c 'echo $$; exec sleep 1000' & wait")
        pids = [int(line) for line in await at.seen.lines("it", 1)]
        os.kill(at.zygote_pid, signal.SIGKILL)
        await until(lambda: at.engine._mending is not None)
        await at.engine.close()
        assert not any(map(is_running, pids))


@drive
async def test_signals_that_people_send_to_everything_do_not_end_the_zygote() -> None:
    async with lab() as at:
        zygote = at.zygote_pid
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1):
            os.kill(zygote, signum)
        at.program("it", "true")
        assert await at.seen.end("it") == (0, None)
        assert at.zygote_pid == zygote
