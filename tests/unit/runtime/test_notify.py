"""What a service manager hears, told by hand: no loop turns but for timers that are looked at, no socket."""

from __future__ import annotations

import os

import pytest

from orchestrator.runtime import notify
from orchestrator.runtime.notify import ServiceManager, describe, take
from orchestrator.supervision.status import Snapshot, UnitSnapshot
from orchestrator.vocabulary import NodeState


def unit(name: str, state: NodeState, reason: str = "", pid: int | None = None) -> UnitSnapshot:
    return UnitSnapshot(
        unit=name, node=name, state=state, since=0.0, reason=reason, attempt=1, pid=pid, restarts=0,
        last_exit=None, settled=False,
    )  # fmt: skip


def seen(*units: UnitSnapshot, up: bool = False, stopping: bool = False, reason: str = "") -> Snapshot:
    return Snapshot(
        topology="t", units={u.unit: u for u in units}, up=up, stopping=stopping, finished=False, failed=False,
        reason=reason,
    )  # fmt: skip


READY = unit("a", NodeState.READY, pid=1)


class TestTake:
    def test_the_variables_are_gone_afterwards(self) -> None:
        environ = {
            "NOTIFY_SOCKET": "/run/n",
            "WATCHDOG_USEC": "3000000",
            "WATCHDOG_PID": str(os.getpid()),
            "A": "b",
        }
        assert take(environ) == ServiceManager(address="/run/n", watchdog_s=3.0)
        assert environ == {"A": "b"}

    @pytest.mark.parametrize("address", ["", "run/n", "vsock:2:1234"])
    def test_an_address_that_is_none(self, address: str) -> None:
        environ = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1"}
        assert take(environ) is None
        assert environ == {}

    def test_a_watchdog_of_another_process(self) -> None:
        environ = {"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}
        assert take(dict(environ)) == ServiceManager(address="@n")
        pid = os.getpid()
        assert take(environ, detached=True) == ServiceManager(address="@n", watchdog_s=3.0, main_pid=pid)

    @pytest.mark.parametrize("usec", ["", "0", "-1", "many"])
    def test_a_watchdog_that_is_none(self, usec: str) -> None:
        assert take({"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": usec}) == ServiceManager(address="@n")

    def test_a_manager_that_is_gone_harms_nobody(self) -> None:
        assert ServiceManager(address="@no-such-socket").send("READY=1") is False


class TestDescribe:
    def test_all_is_well(self) -> None:
        done = unit("b", NodeState.EXITED)
        assert describe(seen(READY, up=True)) == "1 of 1 ready"
        assert describe(seen(READY, done, up=True)) == "1 of 2 ready, 1 ended"

    def test_the_worst_is_named(self) -> None:
        slow = unit("b", NodeState.RUNNING, "no answer at tcp 5557")
        assert describe(seen(READY, slow)) == "not ready: 1 of 2 ready; b is running: no answer at tcp 5557"
        broken = unit("c", NodeState.BACKOFF, "killed by SIGSEGV;\nrestart 1 of 5")
        told = "not ready: 1 of 3 ready; c is backoff: killed by SIGSEGV; restart 1 of 5"
        assert describe(seen(READY, slow, broken)) == told

    def test_stopping(self) -> None:
        gone = unit("b", NodeState.STOPPED)
        assert (
            describe(seen(READY, gone, stopping=True, reason="SIGTERM")) == "stopping: SIGTERM; 1 of 2 left"
        )

    def test_one_line_of_bounded_length(self) -> None:
        told = describe(seen(unit("b", NodeState.FAILED, "x\ny" * 500)))
        assert "\n" not in told
        assert len(told) == notify._LONGEST
