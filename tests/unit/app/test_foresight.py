"""What is guessed from a topology's text: Python nodes are never overlooked where the file itself names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.app.foresight import expects_nodes

TOPOLOGIES = sorted((Path(__file__).parents[3] / "topologies").glob("*.yaml"))
FOREIGN = """version: 1
name: t
nodes:
  a: {command: [sleep, '1'], description: "how to run it, and what for"}
"""


@pytest.mark.parametrize("file", TOPOLOGIES, ids=lambda file: file.name)
def test_the_stock_topologies_have_nodes(file):
    assert expects_nodes(str(file))


@pytest.mark.parametrize(
    "line",
    [
        "    run: x:y",
        "  b: {run: x:y}",
        '  b: {"use": printer}',
        "include: [b.yaml]",
        "  ? run\n  : x:y",
        "  <<: *b",
    ],
)
def test_what_names_or_brings_a_node_is_seen(tmp_path, line):
    (tmp_path / "t.yaml").write_text(FOREIGN + line + "\n")
    assert expects_nodes(str(tmp_path / "t.yaml"))


def test_foreign_programs_alone(tmp_path):
    (tmp_path / "t.yaml").write_text(FOREIGN)
    assert not expects_nodes(str(tmp_path / "t.yaml"))


@pytest.mark.parametrize("file", ["-", "/no/such/file", "a\0b"])
def test_what_cannot_be_read_may_have_anything(file):
    assert expects_nodes(file)
