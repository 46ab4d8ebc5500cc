"""`up --watch`: what runs follows its files while they are edited."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

TOPOLOGY = """
version: 1
name: watched
nodes:
  clock:
    run: clock:Clock
    restart: {backoff: {initial: 10ms}}
  other: {run: other:other}
  script: {command: [sh, script.sh], restart: never}
"""
CLOCK = """
from orchestrator.sdk import Node
from words import WORD

class Clock(Node):
    def setup(self):
        print("now", WORD)
"""
OTHER = """
def other(node):
    print("other runs")
    while node.sleep(1):
        yield
"""


def save(path: Path, text: str) -> None:
    """As careful editors do: a new file takes the old one's name."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


def wait_times(up, unit: str, state: str, times: int) -> None:
    """Until a unit has come into a state so often. What it writes then may be seen before or after."""
    while up.states(unit).count(state) < times:
        up.wait_state(unit, state)


def lines(up, word: str) -> list[str]:
    return [event["text"] for event in up.seen if event["event"] == "remark" and word in event["text"]]


def test_what_runs_follows_its_files(start_up, tmp_path):
    (tmp_path / "script.sh").write_text("echo script one; exit 3")
    words = tmp_path / "words.py"
    # nodes keep what they compile, as they do for users
    env = {"PYTHONDONTWRITEBYTECODE": ""}
    up = start_up(TOPOLOGY, "--watch", clock=CLOCK, other=OTHER, words="WORD = 'one'", env=env)
    up.wait_ready()
    wait_times(up, "script", "failed", 1)
    if not up.lines("clock"):
        up.wait_line("clock", "now one")

    # a module that the node's own one imports; same size, same second: its compiled form looks current
    times = words.stat()
    words.write_text("WORD = 'two'")
    os.utime(words, ns=(times.st_atime_ns, times.st_mtime_ns + 1000))
    up.wait_line("clock", "now two")
    wait_times(up, "clock", "ready", 2)
    assert lines(up, "words.py") == [f"{near(words)} changed: restarting clock"]

    # what cannot be read, and what cannot be imported, leaves the old code at work
    save(words, "WORD = 1 / 0")
    told = up.wait_for(event="remark", text=lambda text: "old code" in text)["text"]
    assert told.startswith(f"{near(words)} changed: clock goes on with the old code: ZeroDivisionError: ")
    assert "words.py:1" in told
    save(tmp_path / "clock.py", CLOCK + "x = (\n")
    told = up.wait_for(event="remark", text=lambda text: "old code" in text)["text"]
    assert told.endswith("clock.py:8: '(' was never closed")
    save(words, "WORD = 'three'")
    save(tmp_path / "clock.py", CLOCK)
    up.wait_line("clock", "now three")
    wait_times(up, "clock", "ready", 3)

    # a script of a program that had failed, which has not ended the others
    save(tmp_path / "script.sh", "echo script two; exec sleep 1000")
    up.wait_line("script", "script two")

    # the topology
    save(tmp_path / "topology.yaml", TOPOLOGY + "nodez: {}\n")
    told = up.wait_for(event="remark", text=lambda text: "stays as it is" in text)["text"]
    assert "topology.yaml:10: `nodez` is no key" in told
    save(tmp_path / "third.py", "def f(node):\n    print('third runs')\n    node.sleep(1000)\n")
    save(tmp_path / "topology.yaml", TOPOLOGY + "  third: {run: 'third:f'}\n")
    up.wait_line("third", "third runs")
    save(tmp_path / "third.py", "def f(node):\n    print('third anew')\n    node.sleep(1000)\n")
    up.wait_line("third", "third anew")

    assert up.stop() == 0
    assert up.lines("clock") == ["now one", "now two", "now three"]
    assert up.lines("other") == ["other runs"]  # nothing of it was concerned
    assert up.states("clock").count("starting") == 3


def near(path: Path) -> str:
    """As the one who watches sees it."""
    short = os.path.relpath(path)
    return str(path) if short.startswith("..") else short


def test_standard_input_cannot_be_watched(desk):
    done = desk.run("up", "--watch", "-", code=2)
    assert "--watch and standard input do not go together" in done.stderr
