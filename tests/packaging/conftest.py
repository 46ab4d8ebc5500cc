"""The wheel under test: the one that `ORCHESTRATOR_WHEEL` names, else built from this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("ORCHESTRATOR_WHEEL")
    if given:
        return Path(given)
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(directory), str(ROOT)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    [built] = directory.glob("*.whl")
    return built
