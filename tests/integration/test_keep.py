"""A supervisor is killed: with `up --keep` its nodes work on and the next one adopts them, else nothing is left."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from project_support import Desk
from up_support import alive, marked, until

from orchestrator.client import Client

pytestmark = pytest.mark.integration

STREAM = """
version: 1
name: stream
nodes:
  source:
    run: nodes:source
    sockets: {out: {type: PUSH, bind: auto, codec: json}, asks: {type: REQ, connect: oracle.answers, codec: json}}
  sink: {run: nodes:sink, sockets: {numbers: {type: PULL, connect: source.out, codec: json}}}
  oracle: {run: nodes:oracle, sockets: {answers: {type: REP, bind: "tcp://127.0.0.1:*", codec: json}}}
  other: {command: [sh, -c, "echo begun; sleep infinity & wait"]}
"""
NODES = """
import time
from orchestrator.sdk import Socket

def source(out: Socket, asks: Socket):
    n = 0
    while True:
        asks.send(n)
        assert asks.recv() == n
        out.send(n)
        n += 1
        time.sleep(0.001)

def sink(numbers: Socket):
    with open("got.txt", "a", buffering=1) as got:
        for n in numbers:
            got.write(f"{n}\\n")

def oracle(answers):
    return answers
"""
KEEP = ("up", "-d", "--keep", "topology.yaml")


@pytest.fixture
def stream(desk: Desk) -> Desk:
    desk.write(STREAM)
    desk.write(NODES, "nodes.py")
    return desk


def units(desk: Desk) -> dict[str, dict[str, Any]]:
    """As the supervisor tells it; a command would take its time to start."""
    [run_dir] = [path for path in (desk.runtime / "orchestrator").iterdir() if path.is_dir()]
    with Client(run_dir / "api") as client:
        return {unit["unit"]: unit for unit in client.call("status")["units"]}


def pids(desk: Desk) -> dict[str, int]:
    return {name: unit["pid"] for name, unit in units(desk).items()}


def kill_supervisor(desk: Desk) -> int:
    [lock] = (desk.runtime / "orchestrator").glob("*.lock")
    pid: int = json.loads(lock.read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid), what=lambda: f"{pid} lives")
    return pid


def got(desk: Desk) -> list[int]:
    path = desk.directory / "got.txt"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def check_stream(desk: Desk, *, lives: int = 1) -> int:
    """Every number, once, in order, in each life of the source; how many."""
    numbers = got(desk)
    begins = [i for i, n in enumerate(numbers) if n == 0]
    assert begins[:1] == [0] and len(begins) <= lives
    for begin, end in zip(begins, [*begins[1:], len(numbers)], strict=True):
        assert numbers[begin:end] == list(range(end - begin))
    return len(numbers)


def until_more(desk: Desk, than: int = 0) -> int:
    until(lambda: len(got(desk)) > than, what=lambda: f"stuck at {len(got(desk))}")
    return len(got(desk))


def listed(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(desk.run("list", "--format", "json").stdout)["projects"]
    return found


def test_nodes_work_on_and_are_adopted(stream: Desk) -> None:
    stream.run(*KEEP)
    before = pids(stream)
    killed = kill_supervisor(stream)
    until_more(stream, until_more(stream))

    assert [(p["project"], p["state"]) for p in listed(stream)] == [("stream", "kept")]
    assert "kept, without supervisor" in stream.run("list").stdout
    assert "stream has no supervisor, and 6 processes of it run on" in stream.run("doctor", code=None).stdout
    told = stream.run("ps", code=2).stderr
    assert "stream runs without a supervisor" in told and "orchestrator down stream" in told

    said = stream.run(*KEEP).stdout
    assert f"taken over from a supervisor that was killed (process {killed}, since" in said
    assert pids(stream) == before
    until(
        lambda: all(units(stream)[n]["heartbeat_age_s"] < 1 for n in ("sink", "source")),
        what=lambda: "silent",
    )
    assert {unit["restarts"] for unit in units(stream).values()} == {0}
    count = until_more(stream, len(got(stream)))
    stream.run("restart", "oracle")  # whoever adopted steers as well: connectors hear of the new address
    until_more(stream, count)
    stream.run("down")
    assert check_stream(stream) > 0
    assert stream.run("list").stdout == "no topology runs\n"


def test_those_that_died_meanwhile_are_restarted_as_their_policy_says(desk: Desk) -> None:
    desk.write(
        """
version: 1
name: lab
nodes:
  stays: {command: [sleep, infinity]}
  killed: {command: [sleep, infinity], restart: {policy: on-failure, backoff: {initial: 10ms}}}
  once: {command: [sh, -c, "read x <gate; echo done; exit 0"], kind: task}
  broken: {command: [sh, -c, "read x <gate2; exit 7"], restart: never, expendable: true}
  down: {command: [sleep, infinity]}
"""
    )
    for gate in ("gate", "gate2"):
        os.mkfifo(desk.directory / gate)
    desk.run(*KEEP)
    before = pids(desk)
    desk.run("stop", "down")
    kill_supervisor(desk)
    os.kill(before["killed"], signal.SIGSEGV)
    for gate in ("gate", "gate2"):
        (desk.directory / gate).write_text("go\n")
    until(lambda: not any(alive(before[n]) for n in ("killed", "once", "broken")), what=lambda: "they live")
    desk.run(*KEEP)
    until(lambda: units(desk)["killed"]["state"] == "ready", what=lambda: units(desk)["killed"])
    after = units(desk)
    assert (after["killed"]["last_exit"], after["killed"]["restarts"]) == ("killed by SIGSEGV", 1)
    assert after["stays"]["pid"] == before["stays"]
    once, broken = after["once"], after["broken"]
    assert (once["state"], once["last_exit"]) == ("exited", "exit code 0")
    assert (broken["state"], broken["last_exit"]) == ("failed", "exit code 7")

    kill_supervisor(desk)  # what had ended under the second one is not run again by the third
    desk.run(*KEEP)
    states = {name: unit["state"] for name, unit in units(desk).items()}
    assert states == {
        "stays": "ready",
        "killed": "ready",
        "once": "exited",
        "broken": "failed",
        "down": "stopped",
    }
    desk.run("start", "down")
    assert units(desk)["down"]["state"] == "ready"
    desk.run("down")


def test_what_the_file_has_changed_is_replaced_and_nobody_else(stream: Desk) -> None:
    stream.run(*KEEP)
    before = pids(stream)
    until_more(stream)
    kill_supervisor(stream)
    changed = STREAM.replace("echo begun", "echo changed") + "  more: {command: [sleep, infinity]}\n"
    stream.write(changed)
    assert "other ended: its command changed" in stream.run(*KEEP).stdout
    after = pids(stream)
    assert {n: after[n] for n in ("source", "sink", "oracle")} == {
        n: before[n] for n in ("source", "sink", "oracle")
    }
    assert after["other"] != before["other"] and not alive(before["other"])
    assert alive(after["more"])
    until_more(stream, len(got(stream)))

    kill_supervisor(stream)
    stream.write(STREAM.replace("echo begun", "echo changed"))
    assert "more ended: not in the file any more" in stream.run(*KEEP).stdout
    assert not alive(after["more"])
    assert pids(stream) == {n: after[n] for n in before}
    stream.run("down")
    check_stream(stream)


def test_who_cannot_take_over_leaves_it_alone_and_down_ends_it(stream: Desk) -> None:
    stream.run(*KEEP)
    before = pids(stream)
    until_more(stream)
    kill_supervisor(stream)
    stream.write(STREAM.replace("command: [sh", "env_file: nothing.env, command: [sh"))
    assert "nothing.env" in stream.run(*KEEP, code=1).stdout
    assert listed(stream)[0]["state"] == "kept" and all(map(alive, before.values()))
    assert stream.run("down", "stream").stdout == "stream is down\n"
    assert not any(map(alive, before.values()))
    assert stream.run("list").stdout == "no topology runs\n"
    check_stream(stream)
    journal = stream.directory / "state" / "orchestrator" / "stream" / "journal.jsonl"
    assert '"reason":"orchestrator down"' in journal.read_text().splitlines()[-1]


def test_one_who_does_not_keep_takes_over_and_takes_all_with_him(stream: Desk) -> None:
    stream.run(*KEEP)
    before = pids(stream)
    kill_supervisor(stream)
    stream.run("up", "-d", "topology.yaml")
    assert pids(stream) == before
    kill_supervisor(stream)
    until(lambda: not any(map(alive, before.values())), what=lambda: f"{before} live")
    stream.run("up", "-d", "topology.yaml")
    assert set(pids(stream).values()).isdisjoint(before.values())
    stream.run("down")


def test_one_of_another_version_is_refused_and_can_be_ended(stream: Desk, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sitecustomize.py").write_text(
        "import importlib.metadata as m\n"
        "real = m.version\n"
        "m.version = lambda name: '0.0.9' if name == 'zmq-orchestrator' else real(name)\n"
    )
    plain = dict(stream.environ)
    stream.environ["PYTHONPATH"] = str(tmp_path / "other")
    stream.run(*KEEP)
    before = pids(stream)
    kill_supervisor(stream)
    stream.environ = plain
    refused = stream.run(*KEEP, code=1)
    assert "its nodes were started by version 0.0.9" in refused.stdout
    assert "orchestrator down stream" in refused.stdout
    assert all(map(alive, before.values())) and listed(stream)[0]["state"] == "kept"
    ended = stream.run("down", "stream", code=1)
    assert "everything is killed" in ended.stderr
    assert not any(map(alive, before.values()))


def test_what_is_noted_outlives_a_lost_zygote(desk: Desk) -> None:
    desk.write("{version: 1, name: lab, nodes: {a: {command: [sleep, infinity], restart: always}}}")
    desk.run(*KEEP)
    zygote = next(pid for pid, command in marked(desk.mark) if "engines.zygote" in command)
    os.kill(zygote, signal.SIGKILL)
    until(lambda: units(desk)["a"]["restarts"] == 1, what=lambda: str(units(desk)["a"]))
    until(lambda: units(desk)["a"]["state"] == "ready", what=lambda: str(units(desk)["a"]))
    before = units(desk)["a"]
    kill_supervisor(desk)
    desk.run(*KEEP)
    after = units(desk)["a"]
    assert {key: after[key] for key in ("pid", "restarts", "attempt")} == {
        key: before[key] for key in ("pid", "restarts", "attempt")
    }
    desk.run("down")


# ---------------------------------------------------------------------- at random moments


def supervisor_of(desk: Desk, others: set[int]) -> int:
    """The detached supervisor: the first process of this desk that runs `up` and is none of the others; what it
    starts looks like it for a moment. 0 where there is none yet."""
    return min(
        (pid for pid, command in marked(desk.mark) if " up " in command and pid not in others), default=0
    )


def kill_at_random(desk: Desk, rng: random.Random, words: tuple[str, ...]) -> str:
    """Start, and kill the supervisor: while it starts, when it is ready, or while it stops. Tells when that was."""
    others = {pid for pid, _ in marked(desk.mark)}  # the one before may be ending yet
    starting = desk.start(*words)
    while not (pid := supervisor_of(desk, {*others, starting.pid})):
        pass
    moment = rng.choice(("start", "start", "ready", "stop"))
    if moment == "start":
        time.sleep(rng.uniform(0, 0.8))
    else:
        starting.wait()
        time.sleep(rng.uniform(0, 0.3))
    if moment == "stop":
        os.kill(pid, signal.SIGTERM)
        time.sleep(rng.uniform(0, 0.1))
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid), what=lambda: f"{pid} lives")
    starting.communicate()
    return moment


def kept_rounds(desk: Desk, rounds: int, seed: int) -> int:
    """Kill again and again; after each the stream goes on without a gap, or had been stopped. The length of it."""
    rng = random.Random(seed)
    total = 0
    for _ in range(rounds):
        moment = kill_at_random(desk, rng, KEEP)
        desk.run(*KEEP)
        before = pids(desk)
        until_more(desk, len(got(desk)))
        kill_supervisor(desk)
        until_more(desk, len(got(desk)))
        desk.run(*KEEP)
        assert pids(desk) == before
        until_more(desk, len(got(desk)))
        desk.run("down")
        total += check_stream(desk, lives=2 if moment == "stop" else 1)
        (desk.directory / "got.txt").unlink()
    return total


def unkept_rounds(desk: Desk, rounds: int, seed: int) -> float:
    """Kill again and again; after each nothing is left. The longest it took."""
    rng = random.Random(seed)
    longest = 0.0
    for _ in range(rounds):
        kill_at_random(desk, rng, ("up", "-d", "topology.yaml"))
        began = time.monotonic()
        until(lambda: not marked(desk.mark), what=lambda: f"left: {marked(desk.mark)}")
        longest = max(longest, time.monotonic() - began)
    assert longest < 5
    desk.run("up", "-d", "topology.yaml")
    desk.run("down")
    return longest


def test_kept_at_random_moments(stream: Desk) -> None:
    kept_rounds(stream, 2, 1)


def test_nothing_left_at_random_moments(stream: Desk) -> None:
    unkept_rounds(stream, 4, 1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_kept_a_hundred_times(stream: Desk) -> None:
    print("messages:", kept_rounds(stream, 100, 100))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nothing_left_a_hundred_times(stream: Desk) -> None:
    print("longest:", unkept_rounds(stream, 100, 200))
