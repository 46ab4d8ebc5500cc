"""`orchestrator config` as a user types it: what it prints can be validated through a pipe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

TOPOLOGIES = sorted((Path(__file__).parents[2] / "topologies").glob("*.yaml"))
COMMAND = [sys.executable, "-m", "orchestrator"]


@pytest.mark.parametrize("file", TOPOLOGIES[:2], ids=lambda file: file.stem)
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_it_prints_validates(file: Path, form: str, tmp_path: Path) -> None:
    config = subprocess.run(
        [*COMMAND, "config", str(file), "--format", form], capture_output=True, text=True, check=True
    )
    assert config.stderr == ""
    validate = subprocess.run(
        [*COMMAND, "validate", "-"], input=config.stdout, capture_output=True, text=True, cwd=tmp_path
    )
    assert (validate.returncode, validate.stderr) == (0, "")
    assert "no findings" in validate.stdout
