"""The pages about requests and tracing, followed: their topologies run and say what is shown."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pages import ROOT, blocks

ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("OTEL_")},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}


def said(page: str, directory: Path, nodes: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What the page shows, and what these nodes print when its topology runs."""
    expected: list[str] = []
    for block in blocks((ROOT / page).read_text(encoding="utf-8")):
        if block.mark.startswith("file: "):
            (directory / block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
        elif block.mark == "expect":
            expected = block.text.splitlines()
    up = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", "up", "topology.yaml"],
        cwd=directory,
        env=ENVIRON,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert up.stdout is not None
    limit = threading.Timer(20, up.kill)
    limit.start()
    found: list[str] = []
    for line in up.stdout:
        who, _, text = line.rstrip("\n").partition(" | ")
        if who.strip() in nodes and not text.startswith("* "):
            found.append(text)
            if len(found) == len(expected):
                up.send_signal(signal.SIGINT)
    up.wait()
    limit.cancel()
    return expected, found


def test_a_server_that_dies_is_not_noticed(tmp_path: Path) -> None:
    expected, found = said("docs/reference/requests.md", tmp_path, ("till",))
    assert len(expected) == 3
    assert found == expected


def test_the_same_trace_is_in_both_logs(tmp_path: Path) -> None:
    expected, found = said("docs/how-to/tracing.md", tmp_path, ("pricing", "archive"))
    ids = re.compile(r" \[trace=([0-9a-f]{32}) span=([0-9a-f]{16})\]$")
    assert sorted(ids.sub("", line) for line in found) == sorted(ids.sub("", line) for line in expected)
    for lines in (expected, found):
        traces = [match for line in lines if (match := ids.search(line))]
        assert len(traces) == 2
        assert traces[0][1] == traces[1][1]
        assert traces[0][2] != traces[1][2]


@pytest.mark.parametrize(
    "word", ["BreakerOpen", "DeadlineExceeded", "RequestFailed", "RequestError", "Timeout"]
)
def test_what_the_page_names_can_be_imported(word: str) -> None:
    import orchestrator.sdk

    assert word in (ROOT / "docs/reference/requests.md").read_text(encoding="utf-8")
    assert hasattr(orchestrator.sdk, word)
