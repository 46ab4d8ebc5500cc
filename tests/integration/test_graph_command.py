"""`orchestrator graph` as a user types it, from standard input."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import networkx
import pytest

pytestmark = pytest.mark.integration


def test_networkx_reads_what_comes_out_of_a_pipe() -> None:
    text = (Path(__file__).parents[2] / "topologies" / "quickstart.yaml").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "graph", "-", "--format", "gexf"],
        input=text,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    graph = networkx.read_gexf(io.BytesIO(done.stdout), version="1.3")
    assert sorted(graph.edges()) == [("feed", "strategy"), ("strategy", "gateway")]
