"""A topology in the background, and the verbs that see and steer it."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest
from up_support import PATIENCE_S, alive, marked, until

from orchestrator.kernel.births import state
from orchestrator.kernel.holding import socket_inodes

pytestmark = pytest.mark.integration

LAB = """
version: 1
name: lab
nodes:
  source: {command: [sleep, infinity]}
  worker: {command: [sh, -c, "exec sleep infinity"], replicas: 2, restart: {policy: on-failure, backoff: {initial: 10ms}}}
"""
FAILING = """
version: 1
name: lab
nodes:
  source: {command: [sleep, infinity]}
  worker: {command: [sh, -c, "echo no database at db:5432; exit 3"], restart: never}
"""
NEVER_READY = """
version: 1
name: lab
nodes:
  source: {command: [sleep, infinity], ready: {file: /nonexistent/ready}}
"""
STUBBORN = """
version: 1
name: lab
nodes:
  stubborn: {command: [sh, -c, "trap '' TERM; echo up; while :; do sleep 1; done"], ready: {log: up}, stop: {grace: 2s}}
  quick: {command: [sleep, infinity]}
"""
TASKS = """
version: 1
name: lab
nodes:
  job: {command: [sh, -c, "exit 0"], kind: task}
"""


@pytest.fixture
def lab(desk):
    desk.write(LAB)
    desk.run("up", "-d", "topology.yaml")
    yield desk
    desk.run("down", "lab", code=None)


def waits_at_api(pid):
    """Whether a process sleeps, with a socket open: it has asked, and hears no answer yet."""
    return bool(socket_inodes(pid)) and state(pid) == "S"


def test_it_comes_up_in_the_background_is_seen_and_goes_down(desk):
    desk.write(LAB)
    up = desk.run("up", "-d", "topology.yaml")
    assert "lab is ready" in up.stdout
    listed = json.loads(desk.run("list", "--format", "json").stdout)
    assert [(p["project"], p["state"], p["ready"], p["units"]) for p in listed["projects"]] == [
        ("lab", "ready", 3, 3)
    ]
    shown = desk.run("ps").stdout.splitlines()
    assert [line.split()[:2] for line in shown[1:]] == [
        ["source", "ready"],
        ["worker-0", "ready"],
        ["worker-1", "ready"],
    ]
    assert desk.run("status", "lab").stdout.startswith("lab is ready: 3/3 ready")
    pids = [unit["pid"] for unit in desk.status()["units"]]
    assert all(alive(pid) for pid in pids)
    assert desk.run("down").stdout == "lab is down\n"
    assert not any(alive(pid) for pid in pids)
    assert desk.run("list").stdout == "no topology runs\n"


def test_down_leaves_room_for_the_next_run_at_once(desk):
    desk.write(LAB)
    for _ in range(3):
        desk.run("up", "-d", "topology.yaml")
        desk.run("down", "topology.yaml")


def test_what_is_asked_while_it_stops_waits_for_the_end_or_is_told_of_it(desk):
    desk.write(STUBBORN)
    desk.run("up", "-d", "topology.yaml")
    downs = [desk.start("down", "lab") for _ in range(3)]
    until(lambda: desk.status()["state"] == "stopping", what="never stopping")
    until(lambda: waits_at_api(downs[2].pid), what="nobody waits")
    downs[2].send_signal(signal.SIGINT)
    assert "what was asked for goes on" in downs[2].communicate(timeout=PATIENCE_S)[0]
    assert downs.pop().returncode == 130
    for words in (["restart", "quick"], ["start", "quick"]):
        assert "error: the topology stops: orchestrator down" in desk.run(*words, code=1).stderr
    next_up = desk.run("up", "-d", "topology.yaml").stdout
    assert "lab is being stopped (process " in next_up and "lab is ready" in next_up
    desk.run("down", "--now")
    assert [down.wait(PATIENCE_S) for down in downs] == [0, 0]
    assert [down.communicate()[0] for down in downs] == ["lab is down\n"] * 2


def test_down_tells_of_a_supervisor_that_was_killed_meanwhile(desk):
    desk.write(STUBBORN)
    for keep, code, told in ((), 1, "was killed while it stopped"), (("--keep",), 0, "lab is down\n"):
        desk.run("up", "-d", *keep, "topology.yaml")
        down = desk.start("down", "lab")
        until(lambda: desk.status()["state"] == "stopping", what="never stopping")
        os.kill(desk.status()["pid"], signal.SIGKILL)
        assert told in down.communicate(timeout=PATIENCE_S)[0]
        assert down.returncode == code
    assert desk.run("list").stdout == "no topology runs\n"


def test_a_failure_while_it_starts_is_told_with_the_last_lines(desk):
    desk.write(FAILING)
    up = desk.run("up", "-d", "topology.yaml", code=1)
    assert "exit code 3" in up.stdout
    assert "no database at db:5432" in up.stdout
    for words in ((), ("lab",)):
        assert "has failed: exit code 3" in desk.run("ps", *words, code=2).stderr


def test_what_is_not_ready_in_time_is_stopped(desk):
    desk.write(NEVER_READY)
    up = desk.run("up", "-d", "topology.yaml", "--timeout", "500ms", code=1)
    assert "not ready after 0.5 s" in up.stderr


def test_a_reader_who_has_had_enough_of_the_start_does_not_end_it(desk):
    desk.write(LAB)
    up = desk.start("up", "-d", "topology.yaml")
    up.stdout.close()
    assert up.wait(PATIENCE_S) == 0
    assert desk.status()["up"]
    desk.run("down")


def test_ctrl_c_while_it_starts_stops_it(desk):
    desk.write(NEVER_READY)
    up = desk.start("up", "-d", "topology.yaml")
    assert up.stdout is not None
    until(lambda: "running" in up.stdout.readline(), what="never started")
    up.send_signal(signal.SIGINT)
    assert up.wait(PATIENCE_S) == 130
    up.stdout.close()


def test_a_file_with_an_error_starts_nothing(desk):
    desk.write(LAB.replace("source:", "source: {}\n  source:"))
    assert "ZMQ007" in desk.run("up", "-d", "topology.yaml", code=1).stdout


def test_tasks_that_have_ended_are_a_success(desk):
    desk.write(TASKS)
    desk.run("up", "-d", "topology.yaml")


def test_a_second_up_is_refused_and_told_who_has_it(lab):
    refused = lab.run("up", "topology.yaml", code=1)
    assert f"lab runs already: process {lab.status()['pid']} holds it since" in refused.stderr
    assert str(lab.directory / "topology.yaml") in refused.stderr
    lab.run("up", "-d", "topology.yaml", "--project", "lab-2")
    lab.run("status", "lab-2")
    lab.run("down", "lab-2")


def test_a_killed_node_is_back_and_its_end_stays_to_be_seen(lab):
    pid = lab.unit("worker-1")["pid"]
    assert lab.run("kill", "worker-1", "-s", "9").stdout == f"worker-1: SIGKILL sent to process {pid}\n"
    after = lab.until_unit("worker-1", state="ready", restarts=1)
    assert after["pid"] != pid
    assert after["last_exit"] == "killed by SIGKILL"
    assert "killed by SIGKILL" in lab.run("ps").stdout


def test_a_restart_waits_for_the_new_processes(lab):
    before = {unit["unit"]: unit["pid"] for unit in lab.status()["units"]}
    lab.run("restart", "worker")
    after = {unit["unit"]: unit["pid"] for unit in lab.status()["units"]}
    assert after["source"] == before["source"]
    assert {after["worker-0"], after["worker-1"]}.isdisjoint(before.values())
    assert lab.status()["up"]


def test_a_stopped_node_stays_stopped_until_it_is_started(lab):
    lab.run("stop", "source")
    stopped = lab.unit("source")
    assert (stopped["state"], stopped["pid"]) == ("stopped", None)
    assert lab.run("list").returncode == 0
    lab.run("start", "source")
    assert lab.unit("source")["state"] == "ready"


def test_stopping_everything_keeps_the_topology(lab):
    lab.run("stop", "source", "worker")
    assert [unit["state"] for unit in lab.status()["units"]] == ["stopped"] * 3
    lab.run("start", "worker-0")
    assert lab.unit("worker-0")["state"] == "ready"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["restart", "wroker"], "did you mean 'worker'?"),
        (["kill", "-s", "SIGNOPE", "source"], "there is no signal SIGNOPE"),
        (["stop", "source", "--timeout", "soon"], "no duration"),
        (["ps", "lap"], "did you mean 'lab'?"),
        (["ps", "other.yaml"], "does not run"),
        (["wait", "--timeout", "x"], "no duration"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_that_helps(lab, words, told):
    assert told in lab.run(*words, code=2).stderr


def test_wait_returns_when_it_is_ready_and_when_it_has_ended(desk):
    gate = desk.directory / "gate"
    desk.write(NEVER_READY.replace("/nonexistent/ready", str(gate)))
    up = desk.start("up", "topology.yaml", stdout=subprocess.DEVNULL)
    until(lambda: desk.run("list").stdout.startswith("PROJECT"), what="never listed")
    late = desk.run("wait", "--timeout", "200ms", code=1)
    assert "source is running" in late.stderr
    assert desk.run("status", code=1).stdout.startswith("lab is starting: 0/1 ready")
    waiting = desk.start("wait")
    gate.touch()
    assert waiting.wait(PATIENCE_S) == 0
    ending = desk.start("wait", "--for", "ended")
    until(lambda: desk.status()["up"], what="never ready")
    desk.run("down")
    assert ending.wait(PATIENCE_S) == 0
    assert up.wait(PATIENCE_S) == 0
    for process in (waiting, ending):
        process.stdout.close()


def test_attach_shows_what_happens_and_leaves_it_running(lab):
    watching = lab.start("attach", "--node", "worker")
    assert watching.stdout.readline() == "attached to lab; Ctrl-C leaves it running\n"
    lab.run("kill", "worker")
    assert "worker" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    rest = watching.stdout.read()
    assert watching.wait(PATIENCE_S) == 0
    watching.stdout.close()
    assert "lab runs on" in rest
    lab.until_unit("worker-0", state="ready")
    ending = lab.start("attach")
    assert ending.stdout.readline().startswith("attached to lab")
    lab.run("restart", "source")
    lab.run("down")
    said = ending.stdout.read()
    ending.stdout.close()
    assert ending.wait(PATIENCE_S) == 0
    assert "lab ended" in said


def test_nothing_runs_is_told_by_every_verb(desk):
    for words in (["ps"], ["status"], ["down"], ["wait"], ["stop", "x"], ["start", "x"], ["kill", "x"]):
        assert "no topology runs" in desk.run(*words, code=2).stderr


def test_a_killed_supervisor_is_named_by_the_next_up(lab):
    pid = lab.status()["pid"]
    nodes = [unit["pid"] for unit in lab.status()["units"]]
    waiting = lab.start("wait", "--for", "ended")
    until(lambda: waits_at_api(waiting.pid), what="nobody waits")
    os.kill(pid, signal.SIGKILL)
    assert waiting.communicate(timeout=PATIENCE_S)[0] == "error: the supervisor of lab was killed\n"
    assert waiting.returncode == 1
    until(lambda: not any(map(alive, nodes)), what="nodes survived their supervisor")
    assert "killed" in lab.run("list").stdout
    assert "no topology runs" in lab.run("ps", code=2).stderr
    up = lab.run("up", "-d", "topology.yaml")
    assert f"an earlier run (process {pid}, since" in up.stdout


def test_what_outlived_supervisor_and_zygote_is_ended_and_named_by_the_next_up(desk):
    desk.write("{version: 1, name: lab, nodes: {a: {command: [sh, -c, 'sleep infinity; true']}}}")
    desk.run("up", "-d", "topology.yaml")
    (child,) = [pid for pid, command in marked(desk.mark) if command.strip() == "sleep infinity"]
    zygote = next(pid for pid, command in marked(desk.mark) if "engines.zygote" in command)
    supervisor = desk.status()["pid"]
    for pid in (supervisor, zygote):
        os.kill(pid, signal.SIGSTOP)
    for pid in (zygote, supervisor):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(supervisor), what="the supervisor lives")
    assert alive(child)
    up = desk.run("up", "-d", "topology.yaml").stdout
    assert str(child) in up.partition("what still ran of it is killed: ")[2].partition("\n")[0]
    assert not alive(child)
    desk.run("down")


def test_a_frozen_supervisor_does_not_hang_the_list(lab):
    pid = lab.status()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert "lab" in lab.run("list").stdout
        for words in (["ps"], ["down"], ["restart", "source"]):
            assert f"(process {pid}) is halted" in lab.run(*words, code=1).stderr
    finally:
        os.kill(pid, signal.SIGCONT)


def test_every_verb_tells_programs_in_json(lab):
    def told(*words, code=0):
        return json.loads(lab.run(*words, "--format", "json", code=code).stdout)

    stopped = told("stop", "worker-1")
    assert (stopped["version"], stopped["ok"], stopped["reason"]) == (1, True, None)
    assert [(unit["unit"], unit["state"]) for unit in stopped["units"]] == [("worker-1", "stopped")]
    assert [unit["unit"] for unit in told("start", "worker-1", "--no-wait")["units"]] == ["worker-1"]
    assert told("wait")["status"]["up"]
    restarted = told("restart", "source")
    assert [(unit["unit"], unit["state"]) for unit in restarted["units"]] == [("source", "ready")]
    killed = told("kill", "-s", "SIGCONT", "source")
    assert killed["signal"] == "SIGCONT" and killed["units"][0]["pid"] == restarted["units"][0]["pid"]
    late = told("wait", "--for", "ended", "--timeout", "50ms", code=1)
    assert not late["ok"] and late["reason"] == "not ended after 50ms"
    watching = lab.start("attach", "--format", "json")
    assert json.loads(watching.stdout.readline()) == {"event": "following"}
    assert told("down") == {"version": 1, "project": "lab", "ok": True, "reason": None}
    events = [json.loads(line) for line in watching.stdout]
    assert watching.wait(PATIENCE_S) == 0 and events[-1]["event"] == "topology_ended"
    watching.stdout.close()
