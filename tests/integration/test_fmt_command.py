"""`orchestrator fmt` on every topology there is: the checker says the same before and after."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.model.load import load
from orchestrator.model.words import node_words

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "topologies").glob("*.yaml")), *sorted((ROOT / "tests/cases/real").glob("*.yaml"))]


def meaning(file: Path) -> object:
    found = load(str(file), environ={})
    assert found.topology is not None, found.diagnostics
    return {name: node_words(node) for name, node in found.topology.nodes.items()}


def test_all_at_once(tmp_path: Path) -> None:
    for file in FILES:
        shutil.copy(file, tmp_path / file.name)
    before = {file.name: meaning(tmp_path / file.name) for file in FILES}
    command = [sys.executable, "-m", "orchestrator", "fmt", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert {file.name: meaning(tmp_path / file.name) for file in FILES} == before
    again = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr


def test_our_own_topologies_are_well_laid_out() -> None:
    command = [sys.executable, "-m", "orchestrator", "fmt", "--check", str(ROOT / "topologies")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
