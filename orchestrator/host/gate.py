"""The gate of a process: a thread that answers libzmq's questions about who may come in (ZAP, RFC 27), and
hears of those who failed before it came to that.

One handshake costs it a look into a dictionary. It belongs to the context of the sockets, and ends with it.
"""

from __future__ import annotations

import _thread
import time
from collections.abc import Iterable
from typing import Any, Final

import zmq

from orchestrator.host.admission import Admission, Door
from orchestrator.host.guarding import is_guarded
from orchestrator.host.refusals import Refusals
from orchestrator.host.saying import say
from orchestrator.host.threads import Background
from orchestrator.host.vestibule import Vestibule
from orchestrator.host.watch import SocketWatch
from orchestrator.transport import zap
from orchestrator.transport.sockets import Context
from orchestrator.wire.launch import InstanceLaunch

_LOOK_S: Final = 1.0
"""How often the keys are looked at, and series of refusals are told."""
_BATCH: Final = 64
"""Handshakes answered in a row before monitors are looked at."""
_LOCAL: Final = "a local peer"


def open_gate(instances: Iterable[InstanceLaunch], context: Context) -> Gate:
    """The gate for all sockets that need one. Before any of them is bound."""
    doors = [
        Door(name=f"{i.instance}.{s.name}", security=s.security, limits=s.qos.limits)
        for i in instances
        for s in i.sockets
        if is_guarded(s)
    ]
    return Gate(context, doors)


class Gate:
    """Begins with its making. `watch` may be called from any thread."""

    def __init__(self, context: Context, doors: Iterable[Door]) -> None:
        self._doors = {door.name: door for door in doors}
        self._admission = Admission()
        for door in self._doors.values():
            self._admission.add(door)
        self._refusals = Refusals()
        self._lock = _thread.allocate_lock()
        """Around `_refusals`: events are heard by whichever thread reads a monitor."""
        self._watches: dict[str, SocketWatch] = {}
        self._socket: Any = context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(zap.ADDRESS)
        self._thread = Background(self._run)

    def watch(self, name: str, watch: SocketWatch) -> None:
        """Count who is inside by a socket's monitor, and hear of those who fail."""
        door = self._doors.get(name)
        if door is not None:
            door.inside = watch.inside
            watch.listen(Vestibule(name, door.mechanism, self._refused).hear)
            self._watches = {**self._watches, name: watch}

    def _run(self) -> None:
        told = time.monotonic()
        try:
            while True:
                self._wait()
                self._answer()
                for watch in self._watches.values():
                    watch.look()
                now = time.monotonic()
                if now - told >= _LOOK_S:
                    told = now
                    _say(f"keys: {fault}" for fault in self._admission.refresh())
                    with self._lock:
                        _say(self._refusals.due(now))
        except zmq.ContextTerminated:
            pass
        finally:
            self._socket.close(0)

    def _wait(self) -> None:
        interest: list[tuple[Any, int]] = [(self._socket, zmq.POLLIN)]
        watches = self._watches.values()
        interest += [(watch.descriptor, zmq.POLLIN) for watch in watches if watch.descriptor >= 0]
        zmq.zmq_poll(interest, int(_LOOK_S * 1000))

    def _answer(self) -> None:
        for _ in range(_BATCH):
            try:
                peer, *frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            envelope = [peer]
            if frames and not frames[0]:  # libzmq asks as a REQ does
                envelope.append(frames.pop(0))
            try:
                answer = self._decide(frames)
            except Exception as error:  # noqa: BLE001 - what goes wrong with one peer must not shut out the others
                say(f"a handshake could not be judged: {error!r}")
                answer = zap.reply(frames[1] if len(frames) > 1 else b"", zap.Verdict(status=zap.FAULT))
            self._socket.send_multipart([*envelope, *answer])

    def _decide(self, frames: list[bytes]) -> list[bytes]:
        request, now = zap.parse(frames), time.monotonic()
        if request is None:
            return zap.reply(frames[1] if len(frames) > 1 else b"", zap.Verdict(status=zap.FAULT))
        watch = self._watches.get(request.domain)
        if watch is not None and self._doors[request.domain].limits.connections is not None:
            watch.look()
        verdict = self._admission.judge(request, now, time.time())
        if not verdict.ok:
            if verdict.status == zap.TEMPORARY and watch is not None:
                watch.refused(verdict.kind)
            self._refused(request.domain, request.address or _LOCAL, verdict.kind, verdict.reason)
        return zap.reply(request.id, verdict)

    def _refused(self, door: str, who: str, kind: str, reason: str) -> None:
        with self._lock:
            _say(self._refusals.note(door, who, kind, reason, time.monotonic()))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
