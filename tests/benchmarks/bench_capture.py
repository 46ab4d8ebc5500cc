"""How fast output is taken from a node and stored, beside a bare loop that reads it and writes a file.

The writer measures itself: seconds until all that it had to say was taken. The bare loop stores the bytes as
they are; `orchestrator` stores JSON lines with time, level and source, two to three times as large. What is
stored is checked: no line may be missing. Everything is written to the same file system.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import tempfile
import tty
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

from support import CLI, PYTHON, Row, interleaved

LINES = 1_000_000
TEXT = {
    "plain": "2026-11-21 12:00:00,123 quotes {n:08} bid 101.25 ask 101.27 size 300 venue 12 flags none ends",
    "with a level": "2026-11-21 12:00:00,123 INFO quotes {n:08} bid 101.25 ask 101.27 size 300 venue 12 flags none",
    "JSON": '{{"time":"2026-11-21T12:00:00","level":"info","msg":"quotes {n:08} ","bid":101.25,"ask":101.27}}',
}
CYCLE = 200_000
WRITER = """
import os, sys, time
text = sys.argv[2] + "\\n"
blocks = ["".join(text.format(n=n) for n in range(at, at + 2000)).encode() for at in range(0, {CYCLE}, 2000)]
begin = time.perf_counter()
for _ in range({LINES} // {CYCLE}):
    for data in blocks:
        view = memoryview(data)
        while view:
            view = view[os.write(int(sys.argv[1]), view):]
open("seconds", "w").write(str(time.perf_counter() - begin))
""".replace("{CYCLE}", str(CYCLE)).replace("{LINES}", str(LINES))
STDOUT, STDERR = 1, 2


def bare(text: str, descriptor: int) -> float:
    """64 KiB read, from a pipe or, as standard output has it, a terminal; 64 KiB written."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        (directory / "writer.py").write_text(WRITER)
        ours, theirs = os.pipe() if descriptor == STDERR else pty.openpty()
        if descriptor == STDOUT:
            tty.setraw(theirs)
        command = [PYTHON, "writer.py", "1", text]
        with subprocess.Popen(command, cwd=directory, stdout=theirs) as writer:
            os.close(theirs)
            with (
                (directory / "log").open("wb", buffering=0) as log,
                suppress(OSError),
            ):  # EIO: the terminal's end
                while data := os.read(ours, 1 << 16):
                    log.write(data)
        os.close(ours)
        assert writer.returncode == 0
        return float((directory / "seconds").read_text())


def captured(text: str, descriptor: int) -> float:
    """`orchestrator up -d` with its log files."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        (directory / "writer.py").write_text(WRITER)
        node = {"kind": "task", "command": [PYTHON, "writer.py", str(descriptor), text]}
        topology = {"version": 1, "name": "capture", "nodes": {"writer": node}}
        (directory / "topology.yaml").write_text(json.dumps(topology))  # which is YAML
        environ = {**os.environ, "XDG_STATE_HOME": f"{scratch}/state", "XDG_RUNTIME_DIR": scratch}
        for words in (["up", "-d", "topology.yaml"], ["events", "-f"]):
            subprocess.run([*CLI, *words], cwd=directory, env=environ, check=True, stdout=subprocess.DEVNULL)
        _check(directory / "state" / "orchestrator" / "capture" / "logs")
        return float((directory / "seconds").read_text())


def _check(logs: Path) -> None:
    """What is still there after the rotations must be without a gap, and end as the writer did."""
    names = [f"writer.jsonl.{number}" for number in range(4, 0, -1)] + ["writer.jsonl"]
    records = [json.loads(line) for name in names for line in (logs / name).read_bytes().splitlines()]
    numbers = [int(record["text"].partition("quotes ")[2][:8]) for record in records]
    if numbers[-1] != CYCLE - 1 or any((a + 1) % CYCLE != b for a, b in pairwise(numbers)):
        raise RuntimeError("lines are lost")


def measure() -> list[Row]:
    return [*_beside("a pipe", STDERR, tuple(TEXT)), *_beside("a terminal", STDOUT, ("plain",))]


def _beside(source: str, descriptor: int, kinds: tuple[str, ...]) -> list[Row]:
    measures = [partial(captured, TEXT[kind], descriptor) for kind in kinds]
    loop, *found = interleaved(3, partial(bare, TEXT["plain"], descriptor), *measures)
    return [
        Row(
            f"output stored: lines from {source}, {kind}",
            _rate(kind, ours),
            _rate("plain", loop),
            f"{ours / loop:.1f}x",
            "≥ 100 MB/s",
        )
        for kind, ours in zip(kinds, found, strict=True)
    ]


def _rate(kind: str, seconds: float) -> str:
    size = LINES * (len(TEXT[kind].format(n=0)) + 1)
    return f"{size / 1e6 / seconds:.0f} MB/s"
