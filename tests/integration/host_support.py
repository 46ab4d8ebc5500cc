"""A test ROUTER that plays the supervisor of real node processes, forked as the zygote forks them."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dill
import zmq

from orchestrator.vocabulary import SocketType
from orchestrator.wire.control import Kind, decode, encode, ping
from orchestrator.wire.launch import ConnectTarget, HostLaunch, InstanceLaunch, SocketLaunch

DEADLINE_S = 15.0


def until(holds: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Wait for a condition; its truthy value."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError(f"not within {deadline_s} s: {what}")


class Child:
    """A forked node process with its output in files."""

    def __init__(self, launch: HostLaunch, directory: Path) -> None:
        self.unit = launch.unit
        self._out = directory / f"{launch.unit}-{launch.attempt}.out"
        self._err = directory / f"{launch.unit}-{launch.attempt}.err"
        self.code: int | None = None
        payload = dill.dumps(launch)
        self.pid = os.fork()
        if self.pid == 0:
            self._be_child(payload)

    def _be_child(self, payload: bytes) -> None:
        code = 99
        try:
            os.setsid()
            for path, descriptor in ((self._out, 1), (self._err, 2)):
                opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                os.dup2(opened, descriptor)
                os.close(opened)
            sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123
            sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            from orchestrator.host import main

            code = main(payload)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    @property
    def out(self) -> str:
        return self._out.read_text() if self._out.exists() else ""

    @property
    def err(self) -> str:
        return self._err.read_text() if self._err.exists() else ""

    def poll(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def wait(self, deadline_s: float = DEADLINE_S) -> int:
        until(lambda: self.poll() is not None, f"{self.unit} ends; stderr: {self.err}", deadline_s)
        assert self.code is not None
        return self.code


class Supervisor:
    """Records what the nodes say."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.context = zmq.Context()
        self.router = self.context.socket(zmq.ROUTER)
        self.router.linger = 0
        self.address = f"ipc://{directory}/control"
        self.router.bind(self.address)
        self.messages: list[Any] = []
        self.pongs: list[bytes] = []
        self.connections: dict[tuple[str, str], bytes] = {}
        self.children: list[Child] = []

    def launch(self, *instances: InstanceLaunch, **changes: Any) -> HostLaunch:
        values: dict[str, Any] = {
            "unit": instances[0].instance,
            "attempt": 1,
            "instances": instances,
            "topology": "test",
            "directory": str(self.directory),
            "run_dir": str(self.directory),
            "control": self.address,
            "token": "secret",
            "supervisor_pid": os.getpid(),
            "heartbeat_interval_s": 0.1,
            "liveness": 300,
            "stall_s": None,
        }
        return HostLaunch(**(values | changes))

    def start(self, *instances: InstanceLaunch, **changes: Any) -> Child:
        child = Child(self.launch(*instances, **changes), self.directory)
        self.children.append(child)
        return child

    def hear(self) -> None:
        """Take in what has arrived."""
        while self.router.poll(0):
            routing_id, *frames = self.router.recv_multipart()
            message = decode(frames)
            if message.kind is Kind.PING:
                self.pongs.append(message.raw)
                continue
            if message.kind is Kind.HELLO:
                assert message.body["token"] == "secret"
                self.connections[message.who, message.body["role"]] = routing_id
            self.messages.append(message)

    def heard(self, kind: Kind, who: str) -> Any:
        """The latest message of this kind from this instance, waited for."""

        def found() -> Any:
            self.hear()
            return next((m for m in reversed(self.messages) if m.kind is kind and m.who == who), None)

        errors = lambda: "; ".join(f"{c.unit}: {c.err}" for c in self.children)  # noqa: E731
        try:
            return until(found, f"{kind} from {who}")
        except AssertionError as error:
            raise AssertionError(f"{error}; heard {self.messages}; stderr {errors()}") from None

    def tell(self, unit: str, kind: Kind, body: dict[str, Any] | None = None) -> None:
        self.heard(Kind.HELLO, unit)
        until(lambda: (self.hear(), (unit, "control") in self.connections)[1], "the control connection")
        self.router.send_multipart([self.connections[unit, "control"], *encode(kind, unit, body)])

    def ping(self, unit: str, opaque: bytes) -> None:
        until(lambda: (self.hear(), (unit, "heartbeat") in self.connections)[1], "the heartbeat connection")
        self.router.send_multipart([self.connections[unit, "heartbeat"], *ping(unit, opaque)])

    def pong(self, opaque: bytes, deadline_s: float = DEADLINE_S) -> None:
        until(lambda: (self.hear(), opaque in self.pongs)[1], f"the echo of {opaque!r}", deadline_s)

    def stop(self, unit: str) -> None:
        self.tell(unit, Kind.STOP, {"reason": "test"})

    def close(self) -> None:
        for child in self.children:
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
        self.context.destroy(linger=0)  # with the sockets of a test that has failed


@contextmanager
def supervisor(directory: Path) -> Iterator[Supervisor]:
    playing = Supervisor(directory)
    try:
        yield playing
    finally:
        playing.close()


def instance(name: str, target: Any, *sockets: SocketLaunch, **changes: Any) -> InstanceLaunch:
    """An instance whose program is `module:name`, or a function or class."""
    values: dict[str, Any] = {"instance": name, "node": name, "replica": 0, "sockets": sockets}
    if isinstance(target, str):
        values |= {"target": target}
    else:
        values |= {"target": "<callable>", "function": target}
    return InstanceLaunch(**(values | changes))


def socket(name: str, kind: str, **changes: Any) -> SocketLaunch:
    return SocketLaunch(name=name, type=SocketType(kind), **changes)


def to(address: str) -> tuple[ConnectTarget, ...]:
    return (ConnectTarget(address=address),)
