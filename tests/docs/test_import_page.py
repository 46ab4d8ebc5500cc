"""The page of `orchestrator import`: every source on it is imported, and becomes what the page shows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import ROOT, blocks

BLOCKS = list(blocks((ROOT / "docs/reference/import.md").read_text()))
FILES = {block.mark.removeprefix("file: "): block.text for block in BLOCKS if block.mark.startswith("file: ")}
SHOWN = {block.mark: block.text for block in BLOCKS if block.mark.startswith(("imported", "told: "))}
FROM_FILES = [mark for mark in SHOWN if mark.startswith("imported: ")]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    found = tmp_path / "trading"
    found.mkdir()
    for name, text in FILES.items():
        (found / name).write_text(text)
    return found


def imported(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "orchestrator", "import", *words]
    done = subprocess.run(line, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_there_is_an_example_per_source() -> None:
    assert len(FROM_FILES) == 3
    assert "imported from processes" in SHOWN
    assert "told: compose.yaml" in SHOWN


@pytest.mark.parametrize("mark", FROM_FILES)
def test_files(mark: str, directory: Path) -> None:
    assert imported(directory, mark.removeprefix("imported: ")).stdout == SHOWN[mark]


def test_what_is_told(directory: Path) -> None:
    assert imported(directory, "compose.yaml").stderr == SHOWN["told: compose.yaml"]


@pytest.fixture
def pids(directory: Path) -> Iterator[tuple[int, int]]:
    collector = subprocess.Popen(
        [sys.executable, "collector.py"], cwd=directory, stdout=subprocess.PIPE, text=True
    )
    assert collector.stdout is not None
    collector.stdout.readline()
    worker = subprocess.Popen([sys.executable, "worker.py"], cwd=directory)
    try:
        collector.stdout.readline()  # its first result: they are connected
        yield collector.pid, worker.pid
    finally:
        for process in (collector, worker):
            process.kill()
            process.wait()
        collector.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at on Linux")
def test_processes(directory: Path, pids: tuple[int, int]) -> None:
    text = imported(directory, "--from-pids", *map(str, pids), "--probe").stdout
    for pid, stands_for in zip(pids, ("4711", "4712"), strict=True):
        text = text.replace(str(pid), stands_for)
    assert text.replace(sys.executable, "python3") == SHOWN["imported from processes"]
