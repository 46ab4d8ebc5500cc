"""What goes wrong at 3 a.m.: each failure is recognised in time, named as what it is, and answered."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

import pytest
from up_support import until

pytestmark = pytest.mark.integration

FAST = "{initial: 10ms, factor: 1, jitter: 0}"


def _python(body: str, *, keys: str = "") -> str:
    return f"""
version: 1
name: failing
nodes:
  node:
    run: parts:{body}
    sockets: {{inbox: {{type: PULL, bind: auto}}}}
    restart: {{policy: on-failure, backoff: {FAST}, max_restarts: 2}}
    {keys}
"""


IDLE = "def idle(message):\n    pass\n"


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_python_node_killed_by_a_signal_comes_back(start_up, signum):
    up = start_up(_python("idle"), parts=IDLE)
    pid = up.wait_state("node", "running")["pid"]
    up.wait_ready()
    os.kill(pid, signum)
    backoff = up.wait_state("node", "backoff")
    assert signal.Signals(signum).name in backoff["reason"]
    again = up.wait_state("node", "ready")
    assert again["attempt"] == 2
    assert again["pid"] != pid
    assert up.stop() == 0


def test_an_exit_code_is_named_with_the_last_lines(start_up):
    up = start_up(
        f"""
version: 1
name: failing
nodes:
  node:
    command: [sh, -c, "echo the disk is full >&2; exit 7"]
    restart: {{policy: on-failure, backoff: {FAST}, max_restarts: 2}}
"""
    )
    assert up.finish() == 1
    assert up.states("node").count("backoff") == 2
    failed = next(e for e in up.seen if e.get("state") == "failed")
    assert "exit code 7" in failed["reason"]
    assert "2 restarts" in failed["reason"]
    assert failed["last_lines"] == ["the disk is full"]


def test_a_source_that_ends_badly_is_restarted_like_anyone_else(start_up):
    up = start_up(
        f"""
version: 1
name: failing
nodes:
  source:
    run: parts:source
    sockets: {{out: {{type: PUSH, bind: auto, codec: json}}}}
    restart: {{policy: on-failure, backoff: {FAST}}}
  sink:
    run: parts:sink
    sockets: {{in: {{type: PULL, connect: source.out, codec: json}}}}
""",
        parts=(
            "import os\n\ndef source():\n    attempt = int(os.environ.get('ORCHESTRATOR_ATTEMPT', '0'))\n"
            "    yield attempt\n    if attempt == 1:\n        raise RuntimeError('feed lost')\n"
            "    while True:\n        yield None\n        __import__('time').sleep(0.05)\n\n"
            "def sink(n):\n    print('got', n)\n"
        ),
    )
    backoff = up.wait_state("source", "backoff")
    assert "feed lost" in backoff["reason"]
    assert up.wait_state("source", "ready")["attempt"] == 2
    up.stop()


def test_a_frozen_node_is_recognised_and_replaced(start_up):
    up = start_up(_python("idle", keys="heartbeat: {interval: 100ms, liveness: 3}"), parts=IDLE)
    pid = up.wait_state("node", "running")["pid"]
    up.wait_ready()
    begin = time.time()
    os.kill(pid, signal.SIGSTOP)
    backoff = up.wait_state("node", "backoff")
    assert "frozen" in backoff["reason"]
    assert "heartbeat" in backoff["reason"]
    assert 0.2 <= backoff["time"] - begin < 5.0
    assert up.wait_state("node", "ready")["attempt"] == 2
    up.stop()


def test_a_deadlocked_loop_is_stalled_not_frozen(start_up):
    up = start_up(
        """
version: 1
name: failing
nodes:
  node:
    run: parts:Stuck
    sockets: {out: {type: PUSH, bind: auto}}
    heartbeat: {interval: 100ms, liveness: 3, stall: 500ms}
    restart: never
""",
        parts=(
            "import threading\nfrom orchestrator.sdk import Node\n\nclass Stuck(Node):\n    def run(self):\n"
            "        threading.Lock().acquire()\n        lock = threading.Lock()\n        lock.acquire()\n"
            "        lock.acquire()\n"
        ),
    )
    failed = up.wait_state("node", "failed")
    assert "stalled" in failed["reason"]
    assert up.finish() == 1


def test_code_that_never_lets_the_interpreter_go_is_stalled(start_up):
    """Ready first, from the first instruction of the user's code on a step is due."""
    up = start_up(
        """
version: 1
name: hogging
nodes:
  node:
    run: parts:hog
    restart: never
    heartbeat: {interval: 100ms, liveness: 5, stall: 500ms}
""",
        parts="import ctypes\n\ndef hog(node):\n    ctypes.PyDLL(None).sleep(1000)\n",
    )
    up.wait_state("node", "ready")
    failed = up.wait_state("node", "failed")
    assert "stalled" in failed["reason"]
    assert up.finish() == 1


THREADS = """
import concurrent.futures, threading, time

def work():
    time.sleep(1.5)
    print("the thread is done")

def leave_a_thread():
    threading.Thread(target=work).start()

def leave_an_executor():
    concurrent.futures.ThreadPoolExecutor().submit(work)

def fail():
    threading.Thread(target=time.sleep, args=(1000,)).start()
    raise ValueError("the disk is full")
"""


@pytest.mark.parametrize("target", ["leave_a_thread", "leave_an_executor"])
def test_threads_that_outlive_a_nodes_code_may_end_in_peace(start_up, target):
    up = start_up(
        f"""
version: 1
name: threads
nodes:
  node: {{run: "parts:{target}", kind: task, heartbeat: {{interval: 100ms, liveness: 5}}}}
""",
        parts=THREADS,
    )
    assert up.finish() == 0
    assert "the thread is done" in up.lines("node")
    assert "backoff" not in up.states("node")


def test_a_node_that_failed_and_does_not_end_for_its_threads_is_not_called_frozen(start_up):
    up = start_up(
        """
version: 1
name: threads
nodes:
  node:
    run: parts:fail
    restart: never
    heartbeat: {interval: 100ms, liveness: 2}
    stop: {grace: 500ms}
""",
        parts=THREADS,
    )
    failed = up.wait_state("node", "failed")
    assert "raised: ValueError: the disk is full" in failed["reason"]
    assert "frozen" not in failed["reason"]
    assert up.finish() == 1


def test_code_that_holds_the_interpreter_is_alive(start_up):
    """A C call that keeps the interpreter's lock for long stops no heartbeat: the node is busy, not frozen."""
    up = start_up(
        """
version: 1
name: busy
nodes:
  node:
    run: parts:busy
    kind: task
    sockets: {out: {type: PUSH, bind: auto}}
    heartbeat: {interval: 200ms, liveness: 5}
""",
        parts=(
            "import ctypes\n\ndef busy():\n    ctypes.PyDLL(None).usleep(2_500_000)\n    yield None\n    print('done')\n"
        ),
    )
    assert up.finish() == 0
    assert "done" in up.lines("node")
    assert "backoff" not in up.states("node")


def test_a_node_that_never_becomes_ready_is_named_with_its_probe(start_up):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        up = start_up(
            f"""
version: 1
name: failing
nodes:
  node:
    command: [sleep, infinity]
    ready: {{tcp: {port}, timeout: 300ms, interval: 50ms}}
    restart: never
"""
        )
        failed = up.wait_state("node", "failed")
        assert "ready" in failed["reason"]
        assert str(port) in failed["reason"]
        assert up.finish() == 1


def test_a_missing_program_fails_at_once(start_up):
    up = start_up("version: 1\nname: failing\nnodes:\n  node: {command: [no-such-program-here]}\n")
    assert up.finish() == 1
    failed = next(e for e in up.seen if e.get("state") == "failed")
    assert "no-such-program-here" in failed["reason"]
    assert "backoff" not in up.states("node")


def test_an_argument_that_the_locale_cannot_write_fails_at_once_in_one_line(start_up):
    up = start_up(
        """
version: 1
name: failing
nodes: {node: {command: [echo, "5 €"]}}
""",
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    assert up.finish() == 1
    reason = up.seen[-1]["reason"]
    assert "echo: its arguments or its environment cannot be passed on" in reason
    assert "\n" not in reason


def test_a_port_that_is_taken_is_named_with_its_holder(start_up):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        up = start_up(
            f"""
version: 1
name: failing
nodes:
  node:
    run: parts:idle
    sockets: {{inbox: {{type: PULL, bind: "tcp://127.0.0.1:{port}"}}}}
    restart: never
""",
            parts=IDLE,
        )
        failed = up.wait_state("node", "failed")
        assert str(port) in failed["reason"]
        assert str(os.getpid()) in failed["reason"], "the holder is not named"
        assert up.finish() == 1


def test_a_stranger_at_a_programs_port_is_named_and_not_taken_for_it(start_up):
    """The probe of that port would hold: the stranger accepts connections."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        up = start_up(
            f"""
version: 1
name: failing
nodes:
  node:
    command: [sleep, infinity]
    sockets: {{inbox: {{type: PULL, bind: "tcp://127.0.0.1:{port}"}}}}
    ready: {{tcp: inbox}}
    restart: {{policy: on-failure, backoff: {FAST}}}
"""
        )
        backoff = up.wait_state("node", "backoff")
        assert f"tcp://127.0.0.1:{port} is taken by pid {os.getpid()} (" in backoff["reason"]
        assert "running" not in up.states("node")
    up.wait_state("node", "running")
    up.stop()


@pytest.mark.parametrize(
    ("target", "parts", "said"),
    [
        ("nowhere:idle", IDLE, "nowhere"),
        ("parts:missing", IDLE, "missing"),
        ("parts:idle", "import numpyy\n", "numpyy"),
        ("parts:idle", "def idle(:\n", "syntax"),
    ],
)
def test_a_node_that_fails_on_import_says_so_and_is_not_tried_again(start_up, target, parts, said):
    text = _python("idle").replace("parts:idle", target)
    up = start_up(text, parts=parts)
    assert up.finish() == 1
    failed = next(e for e in up.seen if e.get("state") == "failed")
    assert said in failed["reason"].lower()
    assert "backoff" not in up.states("node")


def test_a_node_that_runs_out_of_memory_is_named(start_up):
    """An address space limit, because a test must not starve the machine: Python raises MemoryError."""
    up = start_up(
        _python("Hog", keys="").replace("on-failure", "never"),
        parts=(
            "import resource\nfrom orchestrator.sdk import Node\n\nclass Hog(Node):\n    def run(self):\n"
            "        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n        kept = []\n"
            "        while True:\n            kept.append(bytearray(64 << 20))\n"
        ),
    )
    failed = up.wait_state("node", "failed")
    assert "MemoryError" in failed["reason"] or "memory" in failed["reason"]
    assert up.finish() == 1


def test_an_unhealthy_node_is_replaced(start_up, tmp_path):
    (tmp_path / "healthy").touch()
    up = start_up(
        f"""
version: 1
name: failing
nodes:
  node:
    command: [sleep, infinity]
    health: {{file: healthy, interval: 50ms, retries: 2}}
    restart: {{policy: on-failure, backoff: {FAST}}}
"""
    )
    up.wait_ready()
    (tmp_path / "healthy").unlink()
    backoff = up.wait_state("node", "backoff")
    assert "health" in backoff["reason"]
    (tmp_path / "healthy").touch()
    up.wait_state("node", "ready", attempt=lambda n: n > 1)
    up.stop()


def test_the_group_of_a_crashed_program_is_gone_before_its_replacement_starts(start_up):
    up = start_up(
        f"""
version: 1
name: failing
nodes:
  node:
    command: [sh, -c, "sleep 1000 & echo child $!; wait"]
    ready: {{log: child}}
    restart: {{policy: on-failure, backoff: {FAST}}}
"""
    )
    first = int(up.wait_line("node", "child")["text"].split()[1])
    pid = up.wait_state("node", "ready")["pid"]
    os.kill(pid, signal.SIGKILL)
    second = int(up.wait_line("node", "child")["text"].split()[1])
    assert first not in [p for p, _ in _marked(up)]
    assert second in [p for p, _ in _marked(up)]
    up.stop()


def _marked(up):
    from up_support import marked

    return marked(up.mark)


def test_an_undecodable_message_kills_nobody(start_up):
    up = start_up(
        """
version: 1
name: garbled
nodes:
  liar:
    run: parts:liar
    sockets: {out: {type: PUSH, bind: auto, codec: raw}}
  reader:
    run: parts:reader
    sockets: {in: {type: PULL, connect: liar.out}}
""".replace("connect: liar.out", "connect: liar.out, codec: json").replace(
            "bind: auto, codec: raw", "bind: auto"
        ),
        "--stats",
        "200ms",
        parts=(
            "import time\n\ndef liar():\n    yield b'{not json'\n    while True:\n        yield b'1'\n        time.sleep(0.05)\n\n"
            "def reader(value):\n    print('read', value)\n"
        ),
    )
    up.wait_line("reader", "read 1")
    vitals = up.wait_for(
        event="vitals", traffic=lambda ts: any(t["socket"] == "in" and t["undecodable"] == 1 for t in ts)
    )
    assert vitals["ready"] == 2
    assert any("undecodable" in line for line in up.lines("reader")), up.story()
    up.stop()


def test_replicas_below_the_minimum_fail_the_topology(start_up):
    up = start_up(
        """
version: 1
name: quorum
nodes:
  other: {command: [sleep, infinity]}
  member:
    command: [sh, -c, "test $ORCHESTRATOR_REPLICA -ge 2 && exec sleep infinity; exit 1"]
    replicas: 4
    min_replicas: 3
    restart: never
"""
    )
    assert up.finish() == 1
    assert "member" in up.seen[-1]["reason"]


def test_an_expendable_node_fails_alone(start_up):
    up = start_up(
        """
version: 1
name: quorum
nodes:
  other: {command: [sleep, infinity]}
  extra: {command: ["false"], expendable: true, restart: never}
"""
    )
    up.wait_state("extra", "failed")
    until(lambda: up.process.poll() is None, what=lambda: "ended")
    assert up.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to find the zygote")
def test_a_killed_zygote_is_mended(start_up):
    import psutil

    up = start_up(_python("idle"), parts=IDLE)
    up.wait_ready()
    (zygote,) = psutil.Process(up.process.pid).children()
    zygote.kill()
    assert up.wait_state("node", "ready", attempt=lambda n: n > 1)
    assert up.stop() == 0


def test_a_stopped_zygote_does_not_keep_the_topology_from_stopping(start_up):
    import psutil

    up = start_up(
        """
version: 1
name: stopped
nodes: {node: {command: [sleep, infinity]}}
"""
    )
    up.wait_ready()
    (zygote,) = psutil.Process(up.process.pid).children()
    zygote.suspend()
    assert up.stop() == 0
