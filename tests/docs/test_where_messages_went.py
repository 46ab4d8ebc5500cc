"""The page about losses, followed: its topology runs, and closes with a line like the one that is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from pages import ROOT, blocks

ENVIRON = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
LINE = re.compile(r"feed\.out -> slow\.into: 30,000 sent, ([\d,]+) received, ([\d,]+) dropped")


def numbers(text: str) -> tuple[int, int]:
    found = LINE.search(text)
    assert found is not None, text
    received, dropped = (int(group.replace(",", "")) for group in found.groups())
    return received, dropped


def test_the_numbers_of_the_page_add_up(tmp_path: Path) -> None:
    expected = ""
    for block in blocks((ROOT / "docs/how-to/where-messages-went.md").read_text(encoding="utf-8")):
        if block.mark.startswith("file: "):
            (tmp_path / block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
        elif block.mark == "expect":
            expected = block.text
    assert sum(numbers(expected)) == 30_000
    up = subprocess.run(
        [sys.executable, "-m", "orchestrator", "up", "topology.yaml", "--project", f"flood-{os.getpid()}"],
        cwd=tmp_path,
        env=ENVIRON,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert up.returncode == 0, up.stdout + up.stderr
    received, dropped = numbers(up.stdout)
    assert received + dropped == 30_000
    assert dropped > 0
