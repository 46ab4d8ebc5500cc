"""Killing a unit kills all that descends from it, and nothing else."""

from __future__ import annotations

import os
import signal

import pytest

from .engine_support import HERE, Lab, drive, is_running, lab, until

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)


async def _pids(at: Lab, unit: str, count: int) -> list[int]:
    return [int(line.split()[-1]) for line in await at.seen.lines(unit, count)]


@drive
async def test_grandchildren_die_with_their_unit_in_whatever_session_they_are() -> None:
    async with lab() as at:
        script = "sleep 1000 & echo $!; setsid sh -c 'echo $$; sleep 1000 & echo $!; wait' & wait"
        at.shell("it", script)
        at.shell("other", "sleep 1000 & echo $!; wait")
        pids = await _pids(at, "it", 3)
        others = [*await _pids(at, "other", 1), await at.seen.pid("other")]
        assert all(map(is_running, pids))
        at.engine.kill("it", 1)
        assert await at.seen.end("it") == (None, signal.SIGKILL)
        await until(lambda: not any(map(is_running, pids)))
        assert all(map(is_running, others))


@drive
async def test_a_daemon_whose_parents_are_gone_is_known_by_its_mark() -> None:
    async with lab() as at:
        at.shell("it", "(setsid sh -c 'echo $$; exec sleep 1000' &); exec sleep 1000")
        at.shell("other", "(setsid sh -c 'echo $$; exec sleep 1000' &); exec sleep 1000")
        daemon, other = (await _pids(at, "it", 1))[0], (await _pids(at, "other", 1))[0]
        await until(lambda: os.getsid(daemon) == daemon)
        at.engine.kill("it", 1)
        await until(lambda: not is_running(daemon))
        assert is_running(other)


@drive
async def test_a_node_fork_with_its_own_session_dies_with_the_node() -> None:
    async with lab() as at:
        at.node("it", "fork_daemon")
        lines = await at.seen.lines("it", 2)
        daemon = next(int(line.split()[1]) for line in lines if line.startswith("daemon"))
        at.engine.kill("it", 1)
        await at.seen.end("it")
        await until(lambda: not is_running(daemon))


@drive
async def test_what_a_unit_leaves_behind_lives_until_it_is_killed() -> None:
    async with lab() as at:
        at.shell("it", "sleep 1000 & echo $!; setsid sh -c 'echo $$; exec sleep 1000' & sleep 0.1; exit 5")
        pids = await _pids(at, "it", 2)
        assert await at.seen.end("it") == (5, None)
        assert all(map(is_running, pids))
        at.engine.kill("it", 1)
        await until(lambda: not any(map(is_running, pids)))
        at.engine.kill("it", 1)


@drive
async def test_a_replacement_starts_only_when_the_grandchildren_are_gone() -> None:
    """Else the orphan would still hold the port."""
    async with lab() as at:
        for attempt in (1, 3, 5):
            at.node("it", "leave_slow_to_die", attempt=attempt)
            child = int((await at.seen.lines("it", attempt=attempt))[0].split()[1])
            assert await at.seen.end("it", attempt) == (1, None)
            assert is_running(child)
            at.engine.kill("it", attempt)
            at.program("it", "true", attempt=attempt + 1)
            await at.seen.pid("it", attempt + 1)
            assert not is_running(child)
            await at.seen.end("it", attempt + 1)


def _children(pid: int) -> list[int]:
    from orchestrator.engines.proctable import children

    return children(pid)


@drive
async def test_a_unit_that_forks_while_it_is_killed_leaves_nothing() -> None:
    async with lab() as at:
        for i in range(5):
            at.shell(f"bomb{i}", "echo up; while :; do setsid sleep 1000 & sleep 1000 & done 2>/dev/null")
        for i in range(5):
            await at.seen.lines(f"bomb{i}")
        for i in range(5):
            at.engine.kill(f"bomb{i}", 1)
        for i in range(5):
            assert await at.seen.end(f"bomb{i}") == (None, signal.SIGKILL)
        await until(lambda: not [p for p in _children(at.zygote_pid) if is_running(p)])


@drive
async def test_a_stopped_unit_is_killed_too() -> None:
    async with lab() as at:
        at.shell("it", "sleep 1000 & echo $!; kill -STOP 0; wait")
        pids = await _pids(at, "it", 1)
        at.engine.kill("it", 1)
        assert await at.seen.end("it") == (None, signal.SIGKILL)
        await until(lambda: not any(map(is_running, pids)))


@drive
async def test_a_kill_right_after_the_start_is_not_lost() -> None:
    async with lab() as at:
        for i in range(20):
            at.program(f"p{i}", "sleep", "1000")
            at.node(f"n{i}", "wait")
            at.engine.kill(f"p{i}", 1)
            at.engine.kill(f"n{i}", 1)
        for i in range(20):
            assert await at.seen.end(f"p{i}") == (None, signal.SIGKILL)
            assert await at.seen.end(f"n{i}") == (None, signal.SIGKILL)
