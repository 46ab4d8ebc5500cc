"""`logs`: how much of what processes write is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.comparison.compare import compare
from orchestrator.export.resolved import resolved
from orchestrator.model.load import load
from orchestrator.model.types import Logs, Topology

NODES = "nodes: {a: {command: [sleep, infinity]}}\n"


def _loaded(tmp_path: Path, logs: str) -> tuple[Topology | None, list[str]]:
    file = tmp_path / "topology.yaml"
    file.write_text(f"version: 1\nname: lab\n{logs}\n{NODES}")
    found = load(str(file))
    return found.topology, [one.message for one in found.diagnostics]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", Logs()),
        ("logs: {}", Logs()),
        ("logs: {max_size: 64MiB}", Logs(max_size=64 << 20)),
        ("logs: {max_files: 1, max_age: 12h}", Logs(max_files=1, max_age_s=43_200.0)),
    ],
)
def test_each_key_stands_for_itself(written: str, meant: Logs, tmp_path: Path) -> None:
    topology, _ = _loaded(tmp_path, written)
    assert topology is not None and topology.logs == meant


@pytest.mark.parametrize(
    ("written", "blamed"),
    [
        ("{max_size: 0MB}", "max_size"),
        ("{max_size: 10}", "max_size"),
        ("{max_files: 0}", "max_files"),
        ("{max_age: 0s}", "max_age"),
        ("{keep: 3}", "keep"),
        ("5", "logs"),
    ],
)
def test_what_cannot_be_is_told(written: str, blamed: str, tmp_path: Path) -> None:
    topology, told = _loaded(tmp_path, f"logs: {written}")
    assert topology is None
    assert len(told) == 1 and blamed in told[0]


def test_config_shows_them_where_the_file_says_something(tmp_path: Path) -> None:
    usual, _ = _loaded(tmp_path, "logs: {max_files: 5}")
    other, _ = _loaded(tmp_path, "logs: {max_files: 9}")
    assert usual is not None and other is not None
    assert "logs" not in resolved(usual)
    assert resolved(other)["logs"] == {"max_size": "10MB", "max_files": 9, "max_age": "168h"}


def test_a_difference_is_told(tmp_path: Path) -> None:
    old, _ = _loaded(tmp_path, "")
    new, _ = _loaded(tmp_path, "logs: {max_files: 9}")
    assert old is not None and new is not None
    assert [(one.key, one.message, one.old, one.new) for one in compare(old, new).changes] == [
        ("logs", "max_files: 5 → 9", 5, 9)
    ]
