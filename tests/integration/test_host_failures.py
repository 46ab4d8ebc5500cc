"""A node that cannot go on says why: on the control channel in one line, on stderr with the user's frames
only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from orchestrator.sdk import Node
from orchestrator.vocabulary import CodecName
from orchestrator.wire.control import Kind

from .host_support import Supervisor, instance, socket, supervisor, to, until

pytestmark = pytest.mark.integration


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing


def failure(sup: Supervisor, name: str) -> tuple[str, str, bool]:
    body = sup.heard(Kind.FAILED, name).body
    return body["cause"], body["reason"], body["permanent"]


def test_a_missing_module(sup: Supervisor) -> None:
    child = sup.start(instance("a", "numpyy:node"))
    assert failure(sup, "a") == ("import", "No module named 'numpyy'", True)
    assert child.wait() == 1
    assert child.err.startswith("No module named 'numpyy'\n")
    assert "Traceback" not in child.err


def test_a_module_that_imports_a_missing_module(sup: Supervisor) -> None:
    (sup.directory / "outer_missing.py").write_text("import numpyy\n\ndef node(): ...\n")
    child = sup.start(instance("a", "outer_missing:node"))
    assert failure(sup, "a") == ("import", "No module named 'numpyy'", True)
    child.wait()
    assert "outer_missing.py" in child.err
    assert "line 1" in child.err
    assert "orchestrator/" not in child.err
    assert "importlib" not in child.err


def test_a_misspelt_name(sup: Supervisor) -> None:
    (sup.directory / "spelt_right.py").write_text("def strategy(): ...\n")
    sup.start(instance("a", "spelt_right:stratgy"))
    cause, reason, permanent = failure(sup, "a")
    assert (cause, permanent) == ("import", True)
    assert reason == "module 'spelt_right' has no 'stratgy' (did you mean 'strategy'?)"


def test_an_error_in_user_code(sup: Supervisor) -> None:
    (sup.directory / "divides.py").write_text(
        "def node(n):\n    return inner(n)\n\ndef inner(n):\n    return 1 // n\n"
    )
    child = sup.start(
        instance(
            "a",
            "divides:node",
            socket("n", "PULL", binds=(f"ipc://{sup.directory}/n",), codec=CodecName.JSON),
        )
    )
    sup.heard(Kind.READY, "a")
    with sup.context.socket(zmq.PUSH) as push:
        push.connect(f"ipc://{sup.directory}/n")
        push.send_json(0)
        cause, reason, permanent = failure(sup, "a")
    assert cause == "user-code"
    assert reason == "ZeroDivisionError: integer division or modulo by zero (divides.py:5 in inner)"
    assert not permanent
    assert child.wait() == 1
    assert child.err.startswith("Traceback (most recent call last):\n")
    assert child.err.count('  File "') == 2
    assert "orchestrator" not in child.err


def test_setup_fails_and_teardown_is_not_called(sup: Supervisor) -> None:
    class Fragile(Node):
        def setup(self) -> None:
            raise RuntimeError("no database")

        def teardown(self) -> None:
            print("torn down")

    child = sup.start(instance("a", Fragile))
    cause, reason, permanent = failure(sup, "a")
    assert (cause, permanent) == ("setup", False)
    assert reason.startswith("RuntimeError: no database (test_host_failures.py:")
    assert child.wait() == 1
    assert child.out == ""


def test_params_that_are_not_declared(sup: Supervisor) -> None:
    def source(rate: int = 1) -> Iterator[int]:
        yield rate

    sup.start(instance("a", source, params={"rat": 3}))
    assert failure(sup, "a") == ("params", f"{source.__qualname__} takes no param 'rat'", True)


def test_a_socket_without_a_handler(sup: Supervisor) -> None:
    class Strategy(Node):
        def on_tick(self, tick: object) -> None: ...

    sup.start(instance("a", Strategy, socket("ticks", "SUB", subscribe=("",))))
    cause, reason, permanent = failure(sup, "a")
    assert (cause, permanent) == ("setup", True)
    assert reason == "socket 'ticks' receives, and Strategy has no method on_ticks (did you mean on_tick?)"


def test_a_tcp_port_that_is_taken_names_its_holder(sup: Supervisor) -> None:
    with sup.context.socket(zmq.PULL) as holder:
        holder.bind("tcp://127.0.0.1:*")
        address = holder.last_endpoint.decode()
        child = sup.start(instance("a", "x:y", socket("in", "PULL", binds=(address,))))
        cause, reason, permanent = failure(sup, "a")
    assert (cause, permanent) == ("bind", False)
    assert reason.startswith(f"socket 'in': {address} is in use")
    if sys.platform == "linux":
        assert f"by pid {os.getpid()} (" in reason
    assert child.wait() == 1


def test_an_ipc_path_with_a_live_owner_is_not_stolen(sup: Supervisor) -> None:
    address = f"ipc://{sup.directory}/taken"
    with sup.context.socket(zmq.PULL) as holder, sup.context.socket(zmq.PUSH) as push:
        holder.bind(address)
        sup.start(instance("a", "x:y", socket("in", "PULL", binds=(address,))))
        cause, reason, _ = failure(sup, "a")
        assert cause == "bind"
        assert reason.startswith(f"socket 'in': {address} is in use")
        if sys.platform == "linux":
            assert f"by pid {os.getpid()} (" in reason
        push.connect(address)
        push.send(b"still mine")
        assert holder.poll(5000)


def test_an_ipc_path_of_a_killed_process_is_free(sup: Supervisor) -> None:
    address = f"ipc://{sup.directory}/stale"
    code = (
        f"import zmq; s = zmq.Context().socket(zmq.PULL); s.bind({address!r}); print(1, flush=True); s.recv()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
    assert (sup.directory / "stale").exists()

    def sink(message: bytes) -> None: ...

    sup.start(instance("a", sink, socket("in", "PULL", binds=(address,))))
    sup.heard(Kind.READY, "a")


def test_a_message_that_cannot_be_decoded_kills_nothing(sup: Supervisor) -> None:
    def sink(message: object) -> None:
        print("got", message)

    address = f"ipc://{sup.directory}/in"
    child = sup.start(instance("a", sink, socket("in", "PULL", binds=(address,), codec=CodecName.JSON)))
    sup.heard(Kind.READY, "a")
    with sup.context.socket(zmq.PUSH) as push:
        push.connect(address)
        for _ in range(3):
            push.send(b"{not json")
        push.send_multipart([b"1", b"2"])
        push.send_json("fine")
        until(lambda: child.out == "got fine\n", "the good message")
    beat = until(
        lambda: (b := sup.heard(Kind.BEAT, "a").body["sockets"]["in"])["undecodable"] and b, "the count"
    )
    assert beat["undecodable"] == 4
    assert child.err.count("\n") == 1, child.err
    assert "socket in: undecodable message" in child.err
    assert "b'{not json'" in child.err


def test_the_users_exit_code_counts(sup: Supervisor) -> None:
    def leave() -> None:
        sys.exit(7)

    assert sup.start(instance("a", leave)).wait() == 7


def test_it_ends_when_its_supervisor_is_gone(sup: Supervisor) -> None:
    stand_in = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    def stuck() -> None:
        while True:
            time.sleep(0.01)

    child = sup.start(instance("a", stuck), supervisor_pid=stand_in.pid, liveness=3)
    sup.heard(Kind.READY, "a")
    until(lambda: "no heartbeat from the supervisor" in child.err, "it notices the silence")
    assert child.poll() is None, "silence alone is no reason to end"
    os.kill(stand_in.pid, signal.SIGKILL)
    # Not waited for: a killed process that nobody has reaped counts as gone as well.
    started = time.monotonic()
    assert child.wait() == 1
    assert time.monotonic() - started < 5
    stand_in.wait()
    assert "the supervisor is gone" in child.err


def test_an_unconnectable_address(sup: Supervisor) -> None:
    sup.start(instance("a", "os.path:join", socket("out", "PUSH", connects=to("tcp://127.0.0.1"))))
    cause, reason, _ = failure(sup, "a")
    assert cause == "bind"
    assert reason == "socket 'out': tcp://127.0.0.1 cannot be connected: it is not a valid address"
