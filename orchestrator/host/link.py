"""The control link: a thread that speaks with the supervisor while the node's own code runs.
docs/protocol.md.

It reports what the node's thread tells it, hands on STOP and CONNECT, tells the loop's progress, and notices
when the supervisor has fallen silent.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import zmq

from orchestrator.host import heartbeat
from orchestrator.host.orders import (
    Addresses,
    Hold,
    Tap,
    Targets,
    read_addresses,
    read_drain,
    read_hold,
    read_release,
    read_tap,
    read_targets,
)
from orchestrator.host.supervisor import SupervisorWatch
from orchestrator.host.threads import Background
from orchestrator.sdk.control.wake import Wake
from orchestrator.transport.sockets import make_context
from orchestrator.wire.control import ControlError, Kind, decode, encode
from orchestrator.wire.launch import HostLaunch

_CLOSE_LINGER_MS = 500
"""How long the last report (FAILED) may take to leave."""
_READY_S = 1.0
"""The longest a node waits for its READY to leave; it does not leave when the supervisor reads nothing."""


class ControlLink:
    """One per process. `report` may be called from any thread; the rest belongs to the main thread.

    `on_stop` (with the seconds in which what is there is to be finished first), `on_connect`, `on_hold`,
    `on_release` and `on_tap` are called on the control thread and must not block. `beats` yields the BEAT
    bodies that are due, or the last ones. `on_tick` is called on every turn of the thread and returns how
    soon it wants the next one, or None.
    """

    def __init__(
        self,
        launch: HostLaunch,
        *,
        on_stop: Callable[[float | None], None],
        on_connect: Callable[[Addresses, Targets], None],
        on_hold: Callable[[Hold], None],
        on_release: Callable[[int], None],
        on_tap: Callable[[Tap], None],
        beats: Callable[[float, bool], list[tuple[str, dict[str, Any]]]],
        on_tick: Callable[[float], float | None],
    ) -> None:
        self._launch = launch
        self._on_stop = on_stop
        self._on_connect = on_connect
        self._on_hold = on_hold
        self._on_release = on_release
        self._on_tap = on_tap
        self._beats = beats
        self._on_tick = on_tick
        self._outbox: deque[tuple[list[bytes], threading.Event]] = deque()
        self._wake = Wake()
        self._closing = False
        self._thread: Background | None = None
        self._said: dict[tuple[Kind, str], list[bytes]] = {}
        """What another supervisor will have to be told again."""
        control_id, heartbeat_id = launch.routing_ids or (None, None)
        self._watch = SupervisorWatch(
            launch.supervisor_pid,
            launch.heartbeat_interval_s * launch.liveness,
            outlives=control_id is not None,
        )
        self._context = make_context(max_sockets=8)  # four are needed
        self._dealer = self._context.socket(zmq.DEALER)
        self._dealer.setsockopt(zmq.LINGER, _CLOSE_LINGER_MS)
        if control_id is not None:
            heartbeat.outlast(self._dealer, control_id)
        self._dealer.connect(launch.control)
        self._dealer.send_multipart(self._hello("control"))
        self._heard = heartbeat.heard(self._context)
        self._echo = heartbeat.start_echo(
            self._context, launch.control, self._hello("heartbeat"), heartbeat_id
        )

    def _hello(self, role: str) -> list[bytes]:
        launch = self._launch
        body = {
            "unit": launch.unit,
            "attempt": launch.attempt,
            "token": launch.token,
            "pid": os.getpid(),
            "role": role,
        }
        return encode(Kind.HELLO, launch.unit, body)

    def report(self, kind: Kind, who: str, body: dict[str, Any] | None = None) -> None:
        """Tell the supervisor. Messages leave in the order of the calls.

        READY has left when this returns: what comes next is the user's code, which may hold the interpreter's
        lock, and then the control thread could not say it.
        """
        sent, frames = threading.Event(), encode(kind, who, body)
        self._said[kind, who] = frames
        self._outbox.append((frames, sent))
        if self._thread is None:
            self._flush()  # still the main thread's socket: no need to wake anybody
            return
        self._wake.set()
        if kind is Kind.READY:
            sent.wait(_READY_S)

    def start(self) -> None:
        """Hand the socket over to the control thread."""
        self._thread = Background(self._run)

    def close(self) -> None:
        """Send what is left, end both threads, and give everything back. Heartbeats end here."""
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self._flush()
        self._tell_last()
        self._dealer.close()
        self._heard.close(0)
        self._context.term()
        self._echo.join()
        self._wake.close()

    def _tell_last(self) -> None:
        """What has been counted since the last BEAT: sums at both ends of a link can be compared."""
        if not self._watch.absent:
            with suppress(zmq.Again):  # the supervisor does not read
                for who, body in self._beats(time.monotonic(), True):
                    self._dealer.send_multipart(encode(Kind.BEAT, who, body), zmq.NOBLOCK)

    def tick(self) -> None:
        """Have `on_tick` called soon."""
        self._wake.set()

    # ------------------------------------------------------- the control thread

    def _run(self) -> None:
        # Prefers an orderly exit to a traceback of ours in the user's terminal: the main thread goes on
        # without us.
        interest: list[tuple[Any, int]] = [
            (self._dealer, zmq.POLLIN),
            (self._heard, zmq.POLLIN),
            (self._wake.fd, zmq.POLLIN),
        ]
        interval = self._launch.heartbeat_interval_s
        next_beat = time.monotonic() + interval
        while not self._closing:
            now = time.monotonic()
            due = next_beat + interval / 2  # a PING usually comes first, and one wake-up serves both
            soon = self._on_tick(now)
            wait = max(0.0, due - now) if soon is None else min(soon, max(0.0, due - now))
            ready = dict(zmq.zmq_poll(interest, int(wait * 1000) + 1))
            now = time.monotonic()
            if self._wake.fd in ready:
                self._wake.clear()
            if self._dealer in ready:
                self._listen()
            if self._heard in ready:
                self._watch.heard(now)
                _drain(self._heard)
            self._flush()
            if now >= due or (self._heard in ready and now >= next_beat - interval / 2):
                next_beat = now + interval
                self._beat(now)

    def _beat(self, now: float) -> None:
        if not self._watch.absent:
            with suppress(zmq.Again):  # the supervisor does not read, and has all of its beats to come
                for who, body in self._beats(now, False):
                    self._dealer.send_multipart(encode(Kind.BEAT, who, body), zmq.NOBLOCK)
        if self._watch.supervisor_is_gone(now):
            sys.stderr.write("the supervisor is gone: ending\n")
            os._exit(1)

    def _flush(self) -> None:
        while self._outbox:
            frames, sent = self._outbox[0]
            try:
                self._dealer.send_multipart(frames, zmq.NOBLOCK)
            except zmq.Again:
                return  # the supervisor does not read; the next turn tries again
            self._outbox.popleft()
            sent.set()

    def _listen(self) -> None:
        while True:
            try:
                frames = self._dealer.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                message = decode(frames)
            except ControlError as error:
                sys.stderr.write(f"control channel: {error}\n")
                continue
            if message.kind is Kind.STOP:
                self._on_stop(read_drain(message.body))
            elif message.kind is Kind.CONNECT:
                self._on_connect(read_addresses(message.body), read_targets(message.body))
            elif message.kind is Kind.HOLD:
                self._hold(message.body)
            elif message.kind is Kind.RELEASE:
                number = read_release(message.body)
                if number is not None:
                    self._on_release(number)
            elif message.kind is Kind.TAP:
                tap = read_tap(message.body)
                if tap is not None:
                    self._on_tap(tap)
            elif message.kind is Kind.PING:
                self._dealer.send_multipart(frames, zmq.NOBLOCK)
            elif message.kind is Kind.AGAIN:
                self._tell_again(message.body.get("pid"))

    def _hold(self, body: dict[str, Any]) -> None:
        hold = read_hold(body)
        if hold is not None:
            self._on_hold(hold)
            answer = encode(Kind.HELD, self._launch.unit, {"hold": hold.number})
            with suppress(zmq.Again):  # a supervisor that does not read does not wait for it either
                self._dealer.send_multipart(answer, zmq.NOBLOCK)

    def _tell_again(self, pid: object) -> None:
        """To a new supervisor, who may not know: what the one before it heard may have died with it."""
        if isinstance(pid, int):
            self._watch.follow(pid)
        with suppress(zmq.Again):  # it asks until it has been answered
            for frames in (self._hello("control"), *self._said.copy().values()):
                self._dealer.send_multipart(frames, zmq.NOBLOCK)


def _drain(socket: zmq.Socket[bytes]) -> None:
    try:
        while True:
            socket.recv_multipart(zmq.NOBLOCK)
    except zmq.Again:
        pass
