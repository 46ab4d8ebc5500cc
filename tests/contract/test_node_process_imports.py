"""What a node process loads, and what a node's author may rely on."""

from __future__ import annotations

import subprocess
import sys

import pytest

import orchestrator.sdk

FORBIDDEN = ("yaml", "jsonschema", "networkx", "graphviz", "pygraphviz")


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["orchestrator", "orchestrator.host", "orchestrator.sdk", "orchestrator_nodes.proxies"]
)
def test_none_of_the_checkers_libraries(module: str) -> None:
    assert loaded_by(f"import {module}").isdisjoint(FORBIDDEN)


def test_the_host_loads_zmq_and_no_more_than_it_needs() -> None:
    loaded = loaded_by("import orchestrator.host")
    assert "zmq" in loaded
    unneeded = {
        "asyncio",
        "zmq.asyncio",
        "dill",
        "multiprocess",
        "msgspec",
        "numpy",
        "pyarrow",
        "cbor2",
        "fastavro",
        "google.protobuf",
        "orchestrator.cli",
    }
    assert loaded.isdisjoint(unneeded)


def test_every_public_name_can_be_had() -> None:
    for name in orchestrator.sdk.__all__:
        assert getattr(orchestrator.sdk, name).__module__.startswith("orchestrator.")
    with pytest.raises(AttributeError):
        orchestrator.sdk.Nodes  # noqa: B018
