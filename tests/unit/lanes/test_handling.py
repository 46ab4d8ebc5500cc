"""Messages to handlers and loops, by a lane: turns, waits, signals, what is left over."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.sdk.control.wake import Wake
from orchestrator.sdk.dispatch import run_receivers
from orchestrator.sdk.reports.progress import Progress
from orchestrator.wire.qos import QoS
from tests.unit.lanes.world import BOTH, Ends, batch, ends

ENVELOPE = QoS(envelope=True)
KINDS = pytest.mark.parametrize("qos", [QoS(), ENVELOPE], ids=["bare", "envelope"])


def lane_of(found: Ends) -> Any:
    lane = found.socket.lane
    assert lane is not None
    return lane


def test_what_a_handler_raises_comes_out_and_costs_one_message() -> None:
    with ends("PAIR", lane=True, codec="json") as found:
        for number in range(5):
            found.bare.send(b"%d" % number)
        assert found.socket.raw.poll(5000)
        seen: list[Any] = []

        def handler(message: Any) -> None:
            seen.append(message)
            if message == 2:
                raise KeyError(message)

        def drain() -> bool:
            return lane_of(found).drain(
                handler, True, lambda *_: None, found.control.progress, found.control, 100
            )

        with pytest.raises(KeyError):
            drain()
        assert (seen, found.control.progress.steps) == ([0, 1, 2], 2)
        assert drain() is False
        assert (seen, found.control.progress.steps) == ([0, 1, 2, 3, 4], 4)


def test_results_go_their_way_and_a_limit_or_a_stop_ends_a_turn() -> None:
    with ends("PULL", lane=True) as found:
        for number in range(10):
            found.bare.send(b"%d" % number)
        assert found.socket.raw.poll(5000)
        went: list[Any] = []
        control, progress = found.control, found.control.progress

        def route(result: Any, extra: Any) -> None:
            went.append((result, extra))

        lane = lane_of(found)
        assert lane.drain(lambda m: m if m != b"1" else None, True, route, progress, control, 3) is True
        assert went == [(b"0", None), (b"2", None)]
        assert lane.drain(lambda m, extra: extra, False, route, progress, control, 2) is True
        assert went[2:] == [(None, None), (None, None)]

        def stop(message: bytes) -> None:
            control.stop()

        assert lane.drain(stop, True, route, progress, control, 100) is False
        assert (progress.steps, found.socket.counters.received) == (6, 6)


def test_waiting_ends_with_a_message_a_wake_or_the_time() -> None:
    with ends("PULL", lane=True) as found:
        lane, control, got = lane_of(found), found.control, list[bytes]()

        def serve(milliseconds: int) -> bool:
            return lane.serve(
                got.append, True, print, control.progress, control, 100, control.wake.fd, milliseconds
            )

        assert serve(1) is False
        assert got == []
        found.bare.send(b"a")
        assert serve(5000) is False
        assert got == [b"a"]
        timer = threading.Timer(0.05, lambda: found.bare.send(b"b"))
        timer.start()
        assert serve(5000) is False
        timer.join()
        assert got == [b"a", b"b"]
        control.wake.set()
        assert serve(5000) is True
        control.wake.clear()
        for number in range(250):
            found.bare.send(b"%d" % number)
        while len(got) < 252:
            assert serve(5000) is False
        assert control.progress.busy_since > 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that send signals")
def test_a_signal_interrupts_a_wait() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with ends("PULL", lane=True) as found:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(KeyboardInterrupt):
                lane_of(found).serve(
                    print, True, print, Progress(), found.control, 1, found.control.wake.fd, 30_000
                )
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_messages_are_iterated_until_the_node_is_to_stop() -> None:
    with ends("PULL", lane=True) as found:
        for number in range(5):
            found.bare.send(b"%d" % number)
        got = []
        for message in found.socket:
            got.append(message)
            if len(got) == 5:
                found.control.stop()
        assert got == [b"0", b"1", b"2", b"3", b"4"]
        assert found.control.progress.steps == 5
        assert list(found.socket) == []


@dataclass
class Handled:
    """As much of a Receiver as the loop uses."""

    socket: Any
    simple: Any

    def call(self, *_: Any) -> None:
        raise AssertionError

    def route(self, *_: Any) -> None:
        raise AssertionError


@BOTH
@pytest.mark.timeout(30)
def test_what_one_handler_leaves_of_another_socket_s_batch_is_handled(lane: bool) -> None:
    there = ends("PULL", lane=lane, qos=ENVELOPE, address="inproc://y")
    with ends("PULL", lane=lane, qos=ENVELOPE) as one, there as other:
        got: list[bytes] = []

        def ask(_: bytes) -> None:
            assert other.socket.raw.poll(5000)
            taken = other.socket.take()
            assert taken is not None
            got.append(taken[0])

        def handle(message: bytes) -> None:
            got.append(message)
            if len(got) == 5:
                one.control.stop()

        threading.Timer(0.05, lambda: one.bare.send(batch(1, 1))).start()
        threading.Timer(0.1, lambda: other.bare.send(batch(1, 5))).start()
        run_receivers([Handled(one.socket, ask), Handled(other.socket, handle)], one.control)  # type: ignore[list-item]
        assert got == [b"1", b"2", b"3", b"4", b"5"]


def test_an_iterator_that_is_closed_has_ended() -> None:
    with ends("PULL", lane=True) as found:
        found.bare.send(b"1")
        assert found.socket.raw.poll(5000)
        messages: Any = iter(found.socket)
        assert next(messages) == b"1"
        messages.close()
        assert list(messages) == []


def test_two_threads_may_wait_for_the_same_wake() -> None:
    wake, woken = Wake(), list[bool]()
    threads = [threading.Thread(target=lambda: woken.append(wake.wait(20_000))) for _ in range(3)]
    for thread in threads:
        thread.start()
    wake.set()
    for thread in threads:
        thread.join()
    wake.close()
    assert woken == [True] * 3
