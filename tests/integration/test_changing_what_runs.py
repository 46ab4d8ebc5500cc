"""`plan`, `apply`, `scale` and `restart --rolling` on a running topology."""

from __future__ import annotations

import json
import os
import signal

import pytest
from up_support import PATIENCE_S, alive, until

pytestmark = pytest.mark.integration

LAB = """
version: 1
name: lab
nodes:
  feed:
    run: parts:feed
    sockets: {out: {type: PUSH, bind: auto, codec: json}}
  worker:
    run: parts:work
    replicas: 2
    sockets: {in: {type: PULL, connect: feed.out, codec: json}}
  clock: {command: [sleep, infinity], restart: never}
"""
PARTS = """
def feed(out, node):
    while node.sleep(0.01):
        out.send(1)

def work(message):
    pass

def refuse(message):
    raise SystemExit(3)
"""


@pytest.fixture
def lab(desk):
    desk.write(LAB)
    desk.write(PARTS, "parts.py")
    desk.run("up", "-d", "topology.yaml")
    yield desk
    desk.run("down", "lab", code=None)


def pids(lab) -> dict[str, int]:
    return {unit["unit"]: unit["pid"] for unit in lab.status()["units"]}


def test_only_what_differs_is_touched_and_plan_says_so_before(lab):
    before = pids(lab)
    lab.write(LAB.replace("replicas: 2", "replicas: 3").replace("[sleep, infinity]", "[sleep, '86400']"))
    planned = lab.run("plan", "topology.yaml").stdout
    assert planned == "+ worker-2: starts\n~ clock: replaced for its command\n"
    assert pids(lab) == before
    told = lab.run("apply", "topology.yaml").stdout
    assert told.startswith(planned) and told.endswith("\ndone\n")
    after = pids(lab)
    assert list(after) == ["feed", "worker-0", "worker-1", "worker-2", "clock"]
    assert {name for name, pid in before.items() if after[name] != pid} == {"clock"}
    assert not alive(before["clock"])
    assert (
        lab.run("plan", "topology.yaml").stdout
        == lab.run("apply", "topology.yaml").stdout
        == "nothing changes\n"
    )
    assert pids(lab) == after


@pytest.mark.parametrize(
    "broken",
    [
        LAB.replace("[sleep, infinity]", "[sh, -c, 'echo no disk; exit 4']").replace(
            "replicas: 2", "replicas: 1"
        ),
        LAB.replace("[sleep, infinity]", "[sleep, '86400']").replace(
            "restart: never", "ready: {file: /nonexistent/ready, timeout: 300ms}, restart: never"
        ),
    ],
    ids=["that ends", "that is never ready"],
)
def test_a_replacement_that_does_not_become_ready_is_taken_back(lab, broken):
    before = pids(lab)
    lab.write(broken)
    done = lab.run("apply", "topology.yaml", code=1)
    assert "taken back, all is as it was: clock" in done.stdout
    after = lab.status()
    assert after["up"] and [unit["unit"] for unit in after["units"]] == list(before)
    now = pids(lab)
    assert all(now[name] == before[name] for name in ("feed", "worker-0"))
    clock = (f"/proc/{now['clock']}/cmdline").encode()
    with open(clock, "rb") as line:  # noqa: PTH123 - of another process
        assert line.read() == b"sleep\0infinity\0"
    lab.write(LAB)
    assert lab.run("plan", "topology.yaml").stdout == "nothing changes\n"


def test_replicas_come_and_go_and_keep_their_names_and_processes(lab):
    before = pids(lab)
    assert lab.run("scale", "worker=4").stdout.startswith("+ worker-2: starts\n+ worker-3: starts\n")
    assert lab.run("scale", "worker=1").stdout.startswith(
        "- worker-1: stops\n- worker-2: stops\n- worker-3: stops\n"
    )
    after = pids(lab)
    assert after == {name: before[name] for name in ("feed", "worker-0", "clock")}
    items = [
        json.loads(line) for line in lab.run("scale", "worker=2", "--format", "json").stdout.splitlines()
    ]
    assert items[0] == {
        "event": "changes",
        "added": ["worker-1"],
        "removed": [],
        "replaced": {},
        "adjusted": [],
    } | {key: items[0][key] for key in items[0].keys() & {"rewired"}}
    assert items[-1]["event"] == "rollout_ended" and items[-1]["ok"]
    lab.run("logs", "worker-1")  # it is known to those that read what was written


def test_what_cannot_be_is_refused_and_changes_nothing(lab):
    lab.write("nodes: [", "broken.yaml")
    lab.write(LAB.replace("bind:", "bnd:"), "faulty.yaml")
    lab.write(LAB.replace("name: lab", "name: other"), "other.yaml")
    before = pids(lab)
    for words, told in (
        (["scale", "wrker=2"], "there is no node 'wrker'"),
        (["scale", "worker"], "'worker' is no node and number"),
        (["scale", "worker=3", "worker=1"], "worker cannot have 3 and 1 replicas"),
        (["scale", "worker=-1"], "'worker=-1' is no node and number"),
        (["scale", "worker=0"], "worker cannot have 0 replicas"),
        (["scale", "worker=99999"], "worker cannot have 99999 replicas"),
        (["plan", "missing.yaml"], "there is no file `missing.yaml`"),
        (["apply", "broken.yaml"], "broken.yaml:1:"),
        (["apply", "faulty.yaml", "-t", "lab"], "`bnd` is no key of a socket"),
        (["apply", "other.yaml", "-t", "lab"], "describes other, and lab runs"),
        (["plan", "other.yaml"], "other.yaml does not run"),
    ):
        assert told in lab.run(*words, code=2).stderr, words
    assert pids(lab) == before


def test_changes_queue_and_go_on_when_nobody_waits(lab):
    slow = LAB.replace("restart: never", "ready: {delay: 500ms}, restart: never").replace(
        "infinity", "'86400'"
    )
    lab.write(slow)
    first = lab.start("apply", "topology.yaml")
    assert first.stdout.readline() == "~ clock: replaced for its command\n"
    second = lab.start("scale", "worker=3")
    first.kill()
    first.wait()
    first.stdout.close()
    told = second.communicate(timeout=PATIENCE_S)[0]
    assert second.returncode == 0, told
    assert told.startswith("+ worker-2: starts\n") and told.endswith("done\n")
    assert lab.run("plan", "topology.yaml").stdout == "- worker-2: stops\n"


def test_the_topology_may_end_meanwhile(lab):
    lab.write(
        LAB.replace("restart: never", "ready: {delay: 30s}, restart: never").replace("infinity", "'86400'")
    )
    change = lab.start("apply", "topology.yaml")
    assert change.stdout.readline() == "~ clock: replaced for its command\n"
    lab.run("down")
    told = change.communicate(timeout=PATIENCE_S)[0]
    assert change.returncode == 1 and told.endswith(
        "failed: the topology stops: orchestrator down; not done: clock\n"
    ), told


def test_a_rolling_restart_is_waited_for_and_tells_a_failure(lab):
    before = pids(lab)
    done = lab.run("restart", "--rolling", "worker")
    assert done.stdout.endswith("done\n")
    after = pids(lab)
    assert {name for name, pid in before.items() if after[name] != pid} == {"worker-0", "worker-1"}
    (lab.directory / "parts.py").write_text("1 / 0\n" + PARTS)
    failed = lab.run("restart", "--rolling", "worker", code=1)
    assert "failed: " in failed.stdout and "not done: " in failed.stdout and "worker-1" in failed.stdout
    assert pids(lab)["worker-1"] == after["worker-1"]


def test_a_killed_supervisor_in_the_middle_leaves_nothing(lab):
    lab.write(
        LAB.replace("restart: never", "ready: {delay: 30s}, restart: never").replace("infinity", "'86400'")
    )
    change = lab.start("apply", "topology.yaml")
    assert change.stdout.readline() == "~ clock: replaced for its command\n"
    before = pids(lab)
    os.kill(lab.status()["pid"], signal.SIGKILL)
    told = change.communicate(timeout=PATIENCE_S)[0]
    assert change.returncode == 1 and "ended" in told, told
    until(lambda: not any(alive(pid) for pid in before.values() if pid), what=lambda: str(before))
    lab.write(LAB)
    lab.run("up", "-d", "topology.yaml")
    assert lab.status()["up"]
