"""Fixtures for tests that bring whole topologies up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from project_support import Desk
from up_support import Up

StartUp = Callable[..., Up]


@pytest.fixture
def start_up(tmp_path: Path) -> Iterator[StartUp]:
    """`start_up(yaml, *arguments, **files)` writes the topology (and Python files) and runs it.

    `file=` names a topology that exists instead. At the end of the test nothing of it may be left.
    """
    running: list[Up] = []

    def start(
        text: str | None = None,
        *arguments: str,
        file: Path | None = None,
        env: dict[str, str] | None = None,
        **files: str,
    ) -> Up:
        for name, content in files.items():
            (tmp_path / f"{name}.py").write_text(content)
        if file is None:
            assert text is not None
            file = tmp_path / "topology.yaml"
            file.write_text(text)
        up = Up(file, *arguments, env=env)
        running.append(up)
        return up

    try:
        yield start
        for up in running:
            assert up.process.poll() is not None, "the test did not end its topology"
            up.finish()
            up.prove_clean()
    finally:
        for up in running:
            up.end()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A directory with the command and an environment of its own; at the end nothing may be left."""
    desk = Desk(tmp_path)
    try:
        yield desk
        desk.prove_clean()
    finally:
        desk.end()
