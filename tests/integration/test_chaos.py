"""Experiments on real processes, and forwarders between real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from up_support import CLI, PATIENCE_S, marked, until

from orchestrator.chaos.faults import fill, room
from orchestrator.chaos.forwarder import Forwarder, Weather
from orchestrator.chaos.network import Network, bound_tcp, bound_unix
from orchestrator.chaos.types import Fill
from orchestrator.errors import RunError

ROOT = Path(__file__).parents[2]


class Bench:
    """`orchestrator chaos` in a directory of its own, and proof that nothing stays."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.mark = os.urandom(8).hex()
        self.runtime = directory / "run"
        self.runtime.mkdir()
        self._started: list[subprocess.Popen[str]] = []

    def write(self, **files: str) -> None:
        for name, text in files.items():
            suffix = "py" if name.endswith("_py") else "yaml"
            (self.directory / f"{name.removesuffix('_py')}.{suffix}").write_text(text)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        env = {**os.environ, "TEST_MARK": self.mark, "XDG_RUNTIME_DIR": str(self.runtime)}
        process = subprocess.Popen(
            [*CLI, "chaos", *arguments],
            cwd=self.directory,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def run(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        process = self.start(*arguments, "--format", "json")
        out, err = process.communicate(timeout=PATIENCE_S)
        assert out, err
        return process.returncode, json.loads(out)

    def prove_clean(self) -> None:
        until(lambda: not marked(self.mark), what=lambda: f"left: {marked(self.mark)}")

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for pid, _ in marked(self.mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    try:
        yield made
        made.prove_clean()
    finally:
        made.end()


def held(verdict: dict[str, Any]) -> dict[str, list[bool | None]]:
    """What was found, by kind of fault; the whole under an empty one."""
    found: dict[str, list[bool | None]] = {}
    for fault in verdict["faults"]:
        found.setdefault(fault["kind"], []).extend(f["held"] for f in fault["findings"])
    found[""] = [f["held"] for f in verdict["findings"]]
    return found


# ---------------------------------------------------------------------- whole experiments


def test_the_example_of_the_page_holds(bench: Bench) -> None:
    code, verdict = bench.run(str(ROOT / "docs/examples/chaos.yaml"))
    assert code == 0, verdict
    kinds = {"kill", "freeze", "slow", "heartbeats", "hold", "delay", "throttle", ""}
    assert held(verdict).keys() == kinds
    assert all(all(findings) for findings in held(verdict).values()), verdict
    assert (verdict["seed"], verdict["left_out"]) == (7, 0)
    assert "no connection" not in str(verdict)
    sent = [f["told"] for f in verdict["findings"] if f["expectation"] == "no_message_lost"]
    assert len(sent) == 2
    assert not any(" 0 sent" in told for told in sent)
    assert not any((bench.runtime / "orchestrator").glob("*"))


NODES_PY = """\
from orchestrator.sdk import Node

def source(node, out):
    payload = "x" * 20000
    while node.sleep(0.0005):
        out.send(payload)

class Slow(Node):
    def run(self):
        for _ in self.sockets.into:
            self.sleep(0.004)

def idle(node):
    while node.sleep(1):
        pass
"""
LOSSY = """\
version: 1
name: lossy
defaults: {heartbeat: {interval: 200ms, liveness: 30}, restart: {backoff: {initial: 20ms}}}
nodes:
  source: {run: "nodes:source", sockets: {out: {type: PUSH, connect: sink.into, codec: text, options: {sndhwm: 10}}}}
  sink: {run: "nodes:Slow", sockets: {into: {type: PULL, bind: "tcp://127.0.0.1:*", codec: text, options: {rcvhwm: 10}}}}
  frozen: {run: "nodes:idle", heartbeat: {interval: 200ms, liveness: 4}}
  teller: {command: [sh, -c, 'trap "" TERM; while :; do sleep 0.1; done'], stop: {grace: 100ms}}
"""


def test_what_does_not_hold_is_found(bench: Bench) -> None:
    bench.write(
        nodes_py=NODES_PY,
        t=LOSSY,
        e="""\
version: 1
name: breaks
topology: t.yaml
faults:
  - freeze: {node: frozen, for: 3s}
    expect: {others_untouched: true}
  - heartbeats: {node: frozen, by: 5s, for: 2s}
    expect: {others_untouched: true}
  - kill: {node: teller, signal: TERM}
    expect: {ready_again_within: 300ms, others_untouched: true}
  - cut: {link: sink.into, for: 300ms}
  - kill: {node: teller}
    expect: {ready_again_within: 1ms}
expect: {no_message_lost: true}
""",
    )
    code, verdict = bench.run("e.yaml", "--seed", "5")
    assert code == 1
    frozen, late, term, cut, kill = verdict["faults"]
    for fault in (frozen, late):  # the supervisor did what it is there for
        assert fault["held"], fault
        assert "frozen was replaced (killed by SIGKILL)" in fault["findings"][0]["told"]
    assert term["held"], term
    assert "replaced" not in term["findings"][0]["told"]
    assert "source.out → sink.into" in cut["what"]
    assert not kill["held"]
    assert "not ready within 1ms" in kill["findings"][0]["told"]
    (survives, loss) = verdict["findings"]
    assert survives["held"]
    assert (loss["held"], "lost" in loss["told"]) == (False, True), loss


def test_a_topology_that_does_not_survive(bench: Bench) -> None:
    bench.write(
        t="""\
version: 1
name: dies
nodes: {a: {command: [sleep, '1000'], restart: never}, b: {command: [sleep, '1000']}}
""",
        e="""\
version: 1
name: dies
topology: t.yaml
seed: 1
faults:
  - kill: {node: a}
    times: 3
    every: 100ms
expect: {others_untouched: true, no_message_lost: true}
""",
    )
    code, verdict = bench.run("e.yaml")
    assert code == 1
    assert verdict["left_out"] == 2
    (fault,) = verdict["faults"]
    assert [f["held"] for f in fault["findings"]] == [False, False]
    assert [f["held"] for f in verdict["findings"]] == [False, None]
    assert "killed by SIGKILL" in verdict["findings"][0]["told"]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_experiment_leaves_nothing(bench: Bench, signum: int) -> None:
    bench.write(
        t="version: 1\nname: long\nnodes: {a: {command: [sleep, '1000']}, b: {command: [sleep, '1001']}}\n",
        e="version: 1\nname: long\ntopology: t.yaml\nfaults: [{freeze: {node: a, for: 1h}}]\n",
    )
    process = bench.start("e.yaml")

    def is_frozen() -> bool:
        pids = [pid for pid, name in marked(bench.mark) if "sleep 1000" in name]
        return any(" T " in Path(f"/proc/{pid}/stat").read_text() for pid in pids)

    until(is_frozen, what=lambda: "nothing was frozen")
    process.send_signal(signum)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == (130 if signum != signal.SIGKILL else -signum)


def test_a_foreign_program_goes_through_the_forwarder_and_files_with_errors_start_nothing(
    bench: Bench,
) -> None:
    bench.write(
        t="""\
version: 1
name: foreign
nodes:
  server:
    command: [python3, -u, serve.py, "${{ sockets.in.port }}"]
    sockets: {in: {type: PULL, bind: "tcp://127.0.0.1:*"}}
    ready: {tcp: in}
  client:
    command: [python3, -u, call.py, "${{ nodes.server.sockets.in.address }}"]
    sockets: {out: {type: PUSH, connect: server.in}}
    ready: {log: connected}
    restart: {policy: always, backoff: {initial: 20ms}}
""",
        serve_py="""\
import socket, sys
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
held = []
while True:
    held.append(listening.accept())
""",
        call_py="""\
import socket, sys, time
host, port = sys.argv[1].removeprefix("tcp://").split(":")
made = socket.create_connection((host, int(port)))
print("connected", flush=True)
made.recv(1)
""",
        e="""\
version: 1
name: foreign
topology: t.yaml
faults: [{cut: {link: server.in, for: 100ms}}]
expect: {others_untouched: true}
""",
        bad="version: 1\nname: foreign\ntopology: t.yaml\nfaults: [{kill: {node: nobody}}]\n",
    )
    code, verdict = bench.run("e.yaml")
    assert code == 1, verdict  # the client dies of it, and that is a touch
    ready, untouched = verdict["faults"][0]["findings"]
    assert ready["held"], verdict
    assert "client was replaced" in untouched["told"]
    process = bench.start("bad.yaml")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (1, "")
    assert "error[ZMQ050]: there is no node `nobody`" in err
    assert "bad.yaml:4:" in err


# ---------------------------------------------------------------------- forwarders


class Echo:
    """A server that sends back what it gets."""

    def __init__(self, listening: socket.socket) -> None:
        self.listening = listening
        listening.listen()
        listening.setblocking(True)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                made, _ = self.listening.accept()
                threading.Thread(target=self.answer, args=(made,), daemon=True).start()

    def answer(self, made: socket.socket) -> None:
        with made, contextlib.suppress(OSError):
            while data := made.recv(65536):
                made.sendall(data)


@pytest.fixture(params=["tcp", "ipc"])
def crossing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Network, Forwarder, Any]]:
    """A network, a forwarder to an echo, and what connects to the forwarder."""
    if request.param == "tcp":
        behind, address = bound_tcp()
        front, _ = bound_tcp()
    else:
        behind, address = bound_unix(str(tmp_path / "behind"))
        front, _ = bound_unix(str(tmp_path / "front"))
    name, family = front.getsockname(), front.family
    Echo(behind)
    network = Network(1)
    forwarder = network.forward(front, lambda: address)

    def connect() -> socket.socket:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.settimeout(10)
        made.connect(name)
        return made

    try:
        yield network, forwarder, connect
    finally:
        network.close()
        behind.close()
    assert "chaos-network" not in {thread.name for thread in threading.enumerate()}


def _send_all(to: socket.socket, data: bytes) -> None:
    to.sendall(data)
    to.shutdown(socket.SHUT_WR)


def test_a_forwarder_passes_bytes_and_their_end(crossing: Any) -> None:
    network, forwarder, connect = crossing
    with connect() as one, connect() as two:
        sender = threading.Thread(target=_send_all, args=(one, b"x" * 8_000_000))
        sender.start()  # more than all buffers on the way hold: it is read meanwhile
        got = b"".join(iter(lambda: one.recv(65536), b""))
        sender.join()
        assert len(got) == 8_000_000
        two.sendall(b"hello")
        assert two.recv(5) == b"hello"
        assert network.count([forwarder]) >= 1


def test_a_cut_link_refuses_until_it_is_whole_again(crossing: Any) -> None:
    network, forwarder, connect = crossing
    with connect() as one:
        one.sendall(b"hello")
        assert one.recv(5) == b"hello"
        network.cut([forwarder])
        with contextlib.suppress(ConnectionResetError):
            assert one.recv(5) == b""
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            connect()
    network.cut([forwarder])  # twice is once
    network.clear([forwarder])
    with connect() as again:
        again.sendall(b"hello")
        assert again.recv(5) == b"hello"


def test_held_late_and_throttled_bytes(crossing: Any) -> None:
    network, forwarder, connect = crossing
    with connect() as one:
        one.sendall(b"hello")
        assert one.recv(5) == b"hello"
        network.set([forwarder], Weather(held=True))
        one.sendall(b"world")
        one.settimeout(0.2)
        with pytest.raises(TimeoutError):
            one.recv(5)
        one.settimeout(10)
        network.clear([forwarder])
        assert one.recv(5) == b"world"
        network.set([forwarder], Weather(delay_s=0.1, jitter_s=0.05))
        began = time.monotonic()
        for number in range(20):
            one.sendall(bytes([number]))
        got = b""
        while len(got) < 20:
            got += one.recv(20)
        assert time.monotonic() - began >= 0.2  # each way
        assert got == bytes(range(20))
        network.set([forwarder], Weather(delay_s=0.15, back=False))
        began = time.monotonic()
        one.sendall(b"x")
        assert one.recv(1) == b"x"
        assert 0.15 <= time.monotonic() - began < 5
        network.set([forwarder], Weather(rate=10_000))
        began = time.monotonic()
        one.sendall(b"x" * 3000)
        got = b""
        while len(got) < 3000:
            got += one.recv(3000)
        assert time.monotonic() - began >= 0.25
        network.clear([forwarder])


def test_nobody_behind_a_forwarder_ends_the_connection() -> None:
    front, _ = bound_tcp()
    name = front.getsockname()
    network = Network(1)
    try:

        def nobody() -> str:
            raise LookupError

        network.forward(front, nobody)
        with socket.create_connection(name, timeout=10) as made, contextlib.suppress(ConnectionResetError):
            assert made.recv(1) == b""
    finally:
        network.close()


# ---------------------------------------------------------------------- file systems


def test_a_file_system_is_filled_within_limits_and_free_again(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    free = (found.f_bfree if os.geteuid() == 0 else found.f_bavail) * found.f_frsize
    what = Fill(directory=str(tmp_path), for_s=0.0, leave=max(0, free - (8 << 20)), at_most=64 << 20)
    seen: list[int] = []

    def look(_: float) -> bool:
        now = os.statvfs(tmp_path)
        seen.append(free - (now.f_bfree if os.geteuid() == 0 else now.f_bavail) * now.f_frsize)
        return False

    fill(what, look)
    assert seen[0] >= 4 << 20  # others may free something meanwhile
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RunError, match="more than `at_most` allows"):
        room(Fill(directory=str(tmp_path), for_s=0.0, leave=0, at_most=1))
    with pytest.raises(RunError):
        room(Fill(directory=str(tmp_path / "none"), for_s=0.0, leave=0, at_most=1))
