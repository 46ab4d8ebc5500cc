"""What nodes write, kept and shown: binary, endless and very many lines, rotations, restarts, a full disk."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from project_support import Desk
from up_support import CLI, PATIENCE_S, until

pytestmark = pytest.mark.integration

LINES = 100_000
BINARY = bytes(code for code in range(256) if code != 10) * 5
WRITER = f"""
import json, os, sys, time
what = sys.argv[1]
if what == "binary":
    os.write(1, bytes(code for code in range(256) if code != 10) * 5 + b"\\n")
    os.write(1, b"\\x1b[2J\\x1b]0;owned\\x07red \\x1b[31malert\\x1b[0m\\n")
    print(json.dumps({{"level": "error", "trace_id": "4bf92f", "msg": "boom"}}), flush=True)
elif what == "endless":
    for _ in range(16):
        os.write(1, b"x" * 65536)
elif what == "many":
    sys.stdout.write("".join(f"line {{n:06}} of the very many that this node writes at once\\n" for n in range({LINES})))
    sys.stdout.flush()
time.sleep(3600)
"""
LAB = """
version: 1
name: lab
logs: {max_size: 2MB, max_files: 20}
nodes:
  binary: {command: [python3, writer.py, binary]}
  endless: {command: [python3, writer.py, endless]}
  many: {command: [python3, writer.py, many]}
  worker:
    command: [sh, -c, "echo WARNING: born; exec sleep 3600"]
    replicas: 2
    restart: {policy: always, backoff: {initial: 10ms}}
"""
TICKER = """
version: 1
name: lab
nodes:
  ticker: {command: [python3, -u, -c, "import time, itertools\\nfor n in itertools.count():\\n    print(n)\\n    time.sleep(0.002)"]}
"""


@pytest.fixture
def lab(desk: Desk) -> Iterator[Desk]:
    desk.write(LAB)
    desk.write(WRITER, "writer.py")
    desk.run("up", "-d", "topology.yaml")
    yield desk
    desk.run("down", "lab", code=None)


def _bytes(desk: Desk, *words: str) -> bytes:
    done = subprocess.run(
        [*CLI, *words],
        cwd=desk.directory,
        env=desk.environ,
        capture_output=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return done.stdout


def _json(desk: Desk, *words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in desk.run(*words, "--format", "json").stdout.splitlines()]


def test_whatever_nodes_write_is_kept_shown_safely_and_followed(lab: Desk) -> None:
    follow = lab.start("logs", "-f", "worker", "--since", "start")
    events = lab.start("events", "-f", "--node", "worker-1", "--format", "json")

    until(
        lambda: b" 099999 " in _bytes(lab, "logs", "many", "-n", "1"), what=lambda: "the last line never came"
    )
    expected = [f"line {n:06} of the very many that this node writes at once" for n in range(LINES)]
    assert lab.run("logs", "many", "--bare").stdout.splitlines() == expected, (
        "a line is lost, or out of order"
    )
    logs = Path(lab.environ["XDG_STATE_HOME"]) / "orchestrator" / "lab" / "logs"
    sizes = [path.stat().st_size for path in logs.glob("many.jsonl*")]
    assert len(sizes) > 5 and max(sizes) <= 2_000_000
    assert lab.run("logs", "many", "--grep", "07777 ", "--bare").stdout.splitlines() == [expected[7777]]

    until(lambda: b"boom" in _bytes(lab, "logs", "binary", "-n", "1"), what=lambda: "boom never came")
    shown = _bytes(lab, "logs", "binary", "--bare").decode()
    assert "\x1b" not in shown and "\x9b" not in shown and "\x07" not in shown
    assert "red alert" in shown
    raw = _bytes(lab, "logs", "binary", "--bare", "--raw").split(b"\n")
    assert raw[:2] == [BINARY, b"\x1b[2J\x1b]0;owned\x07red \x1b[31malert\x1b[0m"]
    traced = _json(lab, "logs", "--trace", "4bf92f")
    assert [(one["level"], one["node"], one["version"]) for one in traced] == [("error", "binary", 1)]

    until(
        lambda: len(_bytes(lab, "logs", "endless", "--bare", "--raw")) >= 63 * 16384, what=lambda: "no pieces"
    )
    pieces = _json(lab, "logs", "endless")
    assert all(one["continued"] and len(str(one["text"])) <= 16384 for one in pieces)

    lab.run("restart", "worker-1")
    until(lambda: sorted(_born(lab)) == [1, 1, 2], what=lambda: f"born: {_born(lab)}")
    merged = _json(lab, "logs")
    assert merged == sorted(merged, key=lambda one: str(one["time"]))
    assert {one["unit"] for one in merged} == {"binary", "endless", "many", "worker-0", "worker-1"}

    lab.run("down", "lab")
    told, _ = follow.communicate(timeout=PATIENCE_S)
    assert follow.returncode == 0
    assert sorted(re.findall(r"(worker-\d) \| WARNING: born\n", told)) == ["worker-0", "worker-1", "worker-1"]
    told, _ = events.communicate(timeout=PATIENCE_S)
    assert events.returncode == 0
    states = [json.loads(line)["state"] for line in told.splitlines()]
    assert states[-1] == "stopped" and states.count("ready") == 2

    assert "born" in lab.run("logs", "-t", "lab", "worker-0").stdout, "logs outlive the topology"
    assert "lab ended: orchestrator down" in lab.run("events", "topology.yaml", "-n", "1").stdout
    assert "did you mean 'worker'" in lab.run("logs", "wroker", code=2).stderr


def _born(desk: Desk) -> list[int]:
    return [int(str(one["attempt"])) for one in _json(desk, "logs", "worker", "--level", "warning")]


@pytest.mark.parametrize("disk", ["device", "tmpfs"])
def test_a_full_disk_stops_the_logging_and_not_the_nodes(disk: str, start_up, tmp_path: Path) -> None:
    state = tmp_path / "state"
    logs = state / "orchestrator" / "lab" / "logs"
    filler = state / "filler"
    state.mkdir()
    if disk == "tmpfs" and _mount(state).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        logs.mkdir(parents=True)
        if disk == "device":
            (logs / "ticker.jsonl").symlink_to("/dev/full")
        else:
            with suppress(OSError):
                filler.write_bytes(bytes(1 << 20))
        up = start_up(TICKER, env={"XDG_STATE_HOME": str(state), "XDG_RUNTIME_DIR": str(tmp_path)})
        said = up.wait_for(event="remark", text=lambda text: "cannot be logged" in text)["text"]
        assert "No space left on device" in said and "the nodes go on" in said
        before = int(up.wait_for(event="output")["text"])
        up.wait_for(event="output", text=str(before + 200))
        (logs / "ticker.jsonl" if disk == "device" else filler).unlink()
        again = up.wait_for(event="remark", text=lambda text: "logged again" in text)["text"]
        last = int(up.wait_for(event="output")["text"])
        up.wait_for(event="output", text=str(last + 100))
        assert up.states("ticker") == ["starting", "ready"]
        assert up.stop() == 0
        _check(up, again, "".join(path.read_text() for path in logs.glob("ticker.jsonl")))
        journal = (logs.parent / "journal.jsonl").read_text()
        assert again in journal
        assert "cannot be logged" in journal or '"event":"missing"' in journal
    finally:
        if disk == "tmpfs":
            subprocess.run(["umount", "-l", state], check=False)


def _check(up, again: str, log: str) -> None:
    """Every line is in the log, or counted where it is missing."""
    records = [json.loads(line) for line in log.splitlines()]
    at = 0
    for record in records:
        if "missing" in record:
            assert "No space left on device" in record["text"]
            at += record["missing"]
        elif record["stream"] == "stdout":
            assert record["text"] == str(at)
            at += 1
    assert any("missing" in record for record in records)
    assert at == len(up.lines("ticker"))


def _mount(directory: Path) -> subprocess.CompletedProcess[bytes]:
    if os.getuid() != 0:
        return subprocess.CompletedProcess([], 1)
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory]
    return subprocess.run(command, check=False, capture_output=True)
