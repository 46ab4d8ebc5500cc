"""The exit code of a node's code is the exit code of its process, through every layer in between."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

TOPOLOGY = "version: 1\nname: leaving\nnodes:\n  leaves: {run: 'leaves:node', kind: task, restart: never}\n"


@pytest.mark.parametrize(
    ("body", "code", "words"), [("sys.exit(7)", 1, "exit code 7"), ("sys.exit(0)", 0, "succeeded")]
)
def test_sys_exit_in_a_task(tmp_path: Path, body: str, code: int, words: str) -> None:
    (tmp_path / "leaves.py").write_text(f"import sys\n\ndef node():\n    {body}\n")
    (tmp_path / "leaving.yaml").write_text(TOPOLOGY)
    command = [sys.executable, "-c", "from orchestrator.cli import main; raise SystemExit(main())"]
    done = subprocess.run(
        [*command, "up", str(tmp_path / "leaving.yaml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stdout + done.stderr
