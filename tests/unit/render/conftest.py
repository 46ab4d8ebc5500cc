"""Pictures made from a few lines of YAML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.model.links import links
from orchestrator.model.load import load
from orchestrator.model.types import Topology
from orchestrator.render.compose import compose
from orchestrator.render.picture import Picture


def topology_of(text: str) -> Topology:
    loaded = load("test.yaml", text=f"version: 1\nname: test\n{text}", environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


@pytest.fixture
def picture() -> Callable[[str], Picture]:
    def make(text: str) -> Picture:
        top = topology_of(text)
        return compose(top, links(top))

    return make


@pytest.fixture
def market() -> Picture:
    """A picture in which nearly everything occurs."""
    top = topology_of((Path(__file__).parent / "market.yaml").read_text(encoding="utf-8"))
    return compose(top, links(top))
