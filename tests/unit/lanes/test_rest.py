"""How a node sleeps, in C and without: as long as it is told, no longer than until it is to stop, and not in the way of
what is due meanwhile."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from orchestrator import lanes
from orchestrator.sdk.control.node_control import NodeControl

Sleep = Callable[[float], bool]


@pytest.fixture
def control() -> Iterator[NodeControl]:
    made = NodeControl()
    yield made
    made.close()


@pytest.fixture(params=["lane", "python"])
def sleep(request: pytest.FixtureRequest, control: NodeControl) -> Sleep:
    if request.param == "python":
        return control.rest_slowly
    if not lanes.COMPILED:
        pytest.skip("nothing is compiled here")
    return control.rest


def test_it_takes_its_time_and_is_a_step(control: NodeControl, sleep: Sleep) -> None:
    began = time.monotonic()
    assert sleep(0.02) is True
    assert 0.0195 <= time.monotonic() - began < 5
    assert control.progress.steps == 1
    assert control.progress.busy_since >= began + 0.0195


@pytest.mark.parametrize("seconds", [0, 0.0, -1, -math.inf, math.nan])
def test_no_time_is_no_wait(control: NodeControl, sleep: Sleep, seconds: float) -> None:
    began = time.monotonic()
    assert sleep(seconds) is True
    assert time.monotonic() - began < 5
    assert control.progress.steps == 1


@pytest.mark.parametrize("seconds", [30, 30.0, 1e9, math.inf])
def test_a_stop_ends_it(control: NodeControl, sleep: Sleep, seconds: float) -> None:
    timer = threading.Timer(0.03, control.stop)
    timer.start()
    began = time.monotonic()
    assert sleep(seconds) is False
    assert time.monotonic() - began < 20
    timer.join()
    assert sleep(seconds) is False


def test_commands_are_carried_out_and_it_goes_on(control: NodeControl, sleep: Sleep) -> None:
    done: list[float] = []
    timer = threading.Timer(0.02, lambda: control.post(lambda: done.append(time.monotonic())))
    timer.start()
    began = time.monotonic()
    assert sleep(0.2) is True
    timer.join()
    assert time.monotonic() - began >= 0.199
    assert len(done) == 1
    assert done[0] - began < 0.19
    assert control.progress.steps == 1


@pytest.mark.parametrize("seconds", [1e-9, 1e-7, 1e-5])
def test_however_short_it_is_commands_are_carried_out(
    control: NodeControl, sleep: Sleep, seconds: float
) -> None:
    done: list[int] = []
    control.post(lambda: done.append(1))
    sleep(seconds)
    assert done == [1]


def test_after_the_end_it_is_a_mere_wait() -> None:
    control = NodeControl()
    control.close()
    began = time.monotonic()
    assert control.rest(0.05) is True
    assert time.monotonic() - began >= 0.0495


@pytest.mark.parametrize("whose", ["timers", "chores"])
def test_what_is_due_is_done(control: NodeControl, sleep: Sleep, whose: str) -> None:
    done: list[int] = []
    getattr(control, whose).after(0.01, lambda: done.append(1))
    assert sleep(0.1) is True
    assert done == [1]


def test_while_it_waits_it_is_not_busy(control: NodeControl, sleep: Sleep) -> None:
    seen: list[float] = []
    timer = threading.Timer(0.02, lambda: seen.append(control.progress.busy_since))
    control.progress.busy_since = 1.0
    timer.start()
    sleep(0.2)
    timer.join()
    assert seen == [0.0]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that send signals")
def test_a_signal_is_handled_and_may_end_it(sleep: Sleep) -> None:
    class Rung(Exception):
        pass

    def ring(*_: object) -> None:
        raise Rung

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.03)
        with pytest.raises(Rung):
            sleep(30.0)
        rung: list[int] = []
        signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        began = time.monotonic()
        assert sleep(0.1) is True
        assert time.monotonic() - began >= 0.0995
        assert rung == [1]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_what_is_no_time_is_an_error(sleep: Sleep) -> None:
    with pytest.raises(TypeError):
        sleep("soon")  # type: ignore[arg-type]
