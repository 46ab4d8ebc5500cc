"""`orchestrator up`: start, talk, stop, exit codes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from up_support import CLI, Up, alive, until

pytestmark = pytest.mark.integration

PIPELINE = """
version: 1
name: pipeline
messages:
  Number: {codec: json}
nodes:
  source:
    run: parts:numbers
    sockets:
      out: {type: PUSH, bind: auto, message: Number}
  worker:
    run: parts:double
    replicas: 2
    sockets:
      in: {type: PULL, connect: source.out, message: Number}
      out: {type: PUSH, connect: sink.in, message: Number}
  sink:
    run: parts:Sink
    sockets:
      in: {type: PULL, bind: "tcp://127.0.0.1:*", message: Number}
"""
PARTS = """
import itertools, time
from orchestrator.sdk import Node

def numbers():
    for n in itertools.count():
        yield n
        time.sleep(0.01)

async def double(number):
    return 2 * number

class Sink(Node):
    def setup(self):
        self.total = 0

    def on_in(self, number):
        assert number % 2 == 0
        self.total += 1
        if self.total == 10:
            print("ten")

    def teardown(self):
        print("bye")
"""


def test_a_pipeline_of_generator_coroutine_and_class_talks_and_stops(start_up):
    up = start_up(PIPELINE, parts=PARTS)
    ready = up.wait_ready()
    assert ready["units"] == 4
    up.wait_line("sink", "ten")
    assert up.stop(signal.SIGTERM) == 0
    assert up.lines("sink")[-1] == "bye"
    assert {e["unit"] for e in up.seen if e.get("state") == "stopped"} == {
        "source",
        "worker-0",
        "worker-1",
        "sink",
    }


def test_ctrl_c_stops_cleanly_with_130(start_up):
    up = start_up(PIPELINE, parts=PARTS)
    up.wait_ready()
    assert up.stop(signal.SIGINT) == 130
    assert up.seen[-1]["event"] == "topology_ended"
    assert up.seen[-1]["failed"] is False


def test_tasks_end_by_themselves_with_0(start_up):
    up = start_up(
        """
version: 1
name: tasks
nodes:
  first: {command: [sh, -c, "echo one"], kind: task}
  second: {command: [sh, -c, "echo two"], kind: task, depends_on: {first: {condition: completed}}}
"""
    )
    assert up.finish() == 0
    lines = [(e["unit"], e["text"]) for e in up.seen if e["event"] == "output"]
    assert lines == [("first", "one"), ("second", "two")]
    assert up.states("second")[-1] == "exited"


def test_a_failed_task_fails_the_topology_and_says_how(start_up):
    up = start_up(
        """
version: 1
name: tasks
nodes:
  bad: {command: [sh, -c, "echo it is broken >&2; exit 3"], kind: task, restart: never}
"""
    )
    assert up.finish() == 1
    failed = next(e for e in up.seen if e.get("state") == "failed")
    assert "exit code 3" in failed["reason"]
    assert failed["last_lines"] == ["it is broken"]


def test_a_task_beyond_its_timeout_is_ended_and_named(start_up):
    up = start_up(
        """
version: 1
name: slow
nodes:
  slow: {command: [sleep, infinity], kind: task, timeout: 300ms, restart: never}
"""
    )
    assert up.finish() == 1
    assert any("300" in e["reason"] or "0.3" in e["reason"] for e in up.seen if e.get("state") == "failed")


def test_errors_in_the_file_start_nothing(start_up, tmp_path):
    up = start_up("version: 1\nname: bad\nnodes:\n  a:\n    command: [touch, started]\n    comand: x\n")
    assert up.finish() == 1
    assert up.seen == []
    assert "comand" in up.errors
    assert "Nothing was started" in up.errors
    assert not (tmp_path / "started").exists()


def test_depends_on_is_honoured_at_the_start_and_in_reverse_at_the_stop(start_up):
    up = start_up(
        """
version: 1
name: chain
nodes:
  top: {command: [sh, -c, "echo top; exec sleep infinity"], depends_on: [middle]}
  middle: {command: [sh, -c, "echo middle; exec sleep infinity"], depends_on: [base], ready: {log: middle}}
  base: {command: [sh, -c, "echo base; exec sleep infinity"], ready: {log: base}}
"""
    )
    up.wait_ready()
    assert up.stop() == 0
    order = [(e["unit"], e["state"]) for e in up.seen if e["event"] == "state"]
    assert order.index(("base", "ready")) < order.index(("middle", "starting"))
    assert order.index(("middle", "ready")) < order.index(("top", "starting"))
    assert order.index(("top", "stopped")) < order.index(("middle", "stopping"))
    assert order.index(("middle", "stopped")) < order.index(("base", "stopping"))


def test_three_that_ignore_sigterm_take_one_grace_period(start_up):
    up = start_up(
        """
version: 1
name: stubborn
nodes:
  stubborn:
    command: [sh, -c, "trap '' TERM; echo armed; while :; do sleep 0.1; done"]
    replicas: 3
    ready: {log: armed}
    stop: {grace: 1s}
"""
    )
    up.wait_ready()
    begin = time.monotonic()
    assert up.stop() == 0
    stops = [e["time"] for e in up.seen if e.get("state") == "stopping"]
    ends = [e["time"] for e in up.seen if e.get("state") == "stopped"]
    assert len(ends) == 3
    assert max(ends) - min(stops) >= 1.0
    assert max(ends) - min(ends) < 1.0, "they were given their grace one after the other"
    assert time.monotonic() - begin >= 1.0


def test_ctrl_c_twice_means_now(start_up):
    up = start_up(
        """
version: 1
name: stubborn
nodes:
  stubborn:
    command: [sh, -c, "trap '' TERM; echo armed; while :; do sleep 0.1; done"]
    ready: {log: armed}
    stop: {grace: 10m}
"""
    )
    up.wait_ready()
    up.send(signal.SIGINT)
    up.wait_state("stubborn", "stopping")
    up.send(signal.SIGINT)
    assert up.finish() == 130


def test_sigquit_means_now_and_signals_without_a_meaning_change_nothing(start_up):
    up = start_up(
        """
version: 1
name: stubborn
nodes:
  stubborn:
    command: [sh, -c, "trap '' TERM; echo armed; while :; do sleep 0.1; done"]
    ready: {log: armed}
    stop: {grace: 10m}
"""
    )
    up.wait_ready()
    up.send(signal.SIGUSR1)
    up.send(signal.SIGUSR2)
    up.send(signal.SIGQUIT)
    assert up.finish() == 0
    assert "SIGQUIT" in up.seen[-1]["reason"]


def test_environment_arguments_stdin_and_cwd(start_up, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "vars.env").write_text("FROM_FILE=file\nBOTH=file\n")
    up = start_up(
        """
version: 1
name: surroundings
nodes:
  other:
    command: [sleep, infinity]
    sockets:
      jobs: {type: PULL, bind: "tcp://127.0.0.1:*"}
  node:
    command:
      - sh
      - -c
      - 'echo "$1|$ORCHESTRATOR_SOCKET_OUT|$FROM_FILE|$BOTH|$ORCHESTRATOR_NODE|$ORCHESTRATOR_REPLICA"; pwd; read line; echo "read $line"'
      - name
      - ${{ nodes.other.sockets.jobs.address }}
    kind: task
    env_file: vars.env
    env: {BOTH: key}
    cwd: work
    stdin: "hello\\n"
    sockets:
      out: {type: PUSH, connect: other.jobs}
"""
    )
    up.wait_state("node", "exited")
    up.stop()
    first, where, read = up.lines("node")
    address, same, from_file, both, name, replica = first.split("|")
    assert address == same
    assert address.startswith("tcp://127.0.0.1:")
    assert (from_file, both, name, replica) == ("file", "key", "node", "0")
    assert Path(where) == tmp_path / "work"
    assert read == "read hello"


def test_supervisor_killed_leaves_nothing(start_up):
    up = start_up(
        """
version: 1
name: orphans
nodes:
  python:
    run: parts:idle
    sockets: {inbox: {type: PULL, bind: auto}}
  family:
    command: [sh, -c, "sleep 1000 & setsid sleep 1000 & sh -c 'sleep 1000; :' & echo born; wait"]
    ready: {log: born}
""",
        parts="def idle(message):\n    pass\n",
    )
    up.wait_ready()
    until(lambda: len(up.leftovers()) >= 7, what=lambda: str(up.leftovers()))
    begin = time.monotonic()
    up.process.kill()
    up.process.wait()
    until(lambda: not up.leftovers(), what=lambda: str(up.leftovers()))
    assert time.monotonic() - begin < 5
    run_dir = Path(next(e for e in up.seen if e["event"] == "topology_starting")["run_dir"])
    sweep = start_up("version: 1\nname: orphans\nnodes:\n  t: {command: ['true'], kind: task}\n")
    assert sweep.finish() == 0
    assert not run_dir.exists(), "the next run did not clear what the killed one left"


def test_text_output_is_prefixed_and_plain_without_a_terminal(tmp_path):
    import subprocess

    (tmp_path / "t.yaml").write_text(
        "version: 1\nname: t\nnodes:\n  hello: {command: [echo, hi there], kind: task}\n"
    )
    done = subprocess.run([*CLI, "up", "t.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "hello        | hi there" in done.stdout
    assert "\x1b" not in done.stdout
    coloured = subprocess.run(
        [*CLI, "up", "t.yaml", "--color", "always"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert "\x1b[" in coloured.stdout
    plain = subprocess.run(
        [*CLI, "up", "t.yaml", "--no-color"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "FORCE_COLOR": "1"},
    )
    assert "\x1b" not in plain.stdout


def test_profiles_choose_who_takes_part(start_up):
    text = """
version: 1
name: profiles
nodes:
  always: {command: ["true"], kind: task}
  extra: {command: ["true"], kind: task, profiles: [debug]}
"""
    up = start_up(text)
    assert up.finish() == 0
    assert up.states("extra") == []
    up = start_up(text, "--profile", "debug")
    assert up.finish() == 0
    assert up.states("extra")[-1] == "exited"


def test_nobody_else_is_touched(start_up):
    """A process of the user's, in the same session, survives the topology's end."""
    import subprocess

    bystander = subprocess.Popen(["sleep", "1000"])
    try:
        up: Up = start_up("version: 1\nname: t\nnodes:\n  t: {command: ['true'], kind: task}\n")
        assert up.finish() == 0
        assert alive(bystander.pid)
    finally:
        bystander.kill()
        bystander.wait()


FROM = """
version: 1
name: from
nodes:
  service: {command: [sleep, infinity]}
  check: {command: [sh, -c, "COMMAND"], kind: task, restart: never}
"""


@pytest.mark.parametrize(
    ("command", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("exec /nonexistent", 127)]
)
def test_the_exit_code_of_one_node_is_that_of_the_run(start_up, command, code):
    up = start_up(FROM.replace("COMMAND", command), "--exit-code-from", "check")
    assert up.finish() == code
    assert up.states("service")[-1] == "stopped"


def test_a_node_that_never_ran_is_no_success(start_up):
    up = start_up(FROM.replace('[sh, -c, "COMMAND"]', "[no-such-program]"), "--exit-code-from", "check")
    assert up.finish() == 1


def test_a_node_that_does_not_exist_starts_nothing(start_up):
    up = start_up(FROM, "--exit-code-from", "chekc")
    assert up.finish() == 2
    assert "did you mean 'check'?" in up.errors
