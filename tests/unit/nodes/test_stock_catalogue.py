"""The catalogue of stock nodes: data that agrees with the code."""

from __future__ import annotations

import subprocess
import sys

import jsonschema
import pytest
from orchestrator_nodes import CATALOGUE

from orchestrator.sdk import Node, TargetError
from orchestrator.sdk.catalogue import NodeInfo, catalogue, find_node
from orchestrator.sdk.forms.params_schema import params_schema
from orchestrator.vocabulary import SocketType


def test_the_entry_point_finds_it() -> None:
    assert {n: i for n, i in catalogue().items() if n in CATALOGUE} == CATALOGUE
    assert {"forwarder", "streamer", "queue"} <= set(CATALOGUE)


@pytest.mark.parametrize("info", CATALOGUE.values(), ids=lambda i: i.name)
def test_every_entry_is_true(info: NodeInfo) -> None:
    node = find_node(info.name)
    assert isinstance(node, type)
    assert issubclass(node, Node)
    assert params_schema(node.Params) == info.params
    jsonschema.Draft7Validator.check_schema(info.params)
    assert info.summary.endswith(".")
    for socket in info.sockets.values():
        assert socket.description
        assert all(isinstance(t, SocketType) for t in socket.types)


def test_reading_it_loads_no_zmq() -> None:
    code = (
        "import sys; from orchestrator.sdk.catalogue import catalogue; catalogue();"
        "sys.exit(str([m for m in ('zmq', 'yaml', 'asyncio') if m in sys.modules] or 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "0"


def test_an_unknown_name() -> None:
    with pytest.raises(TargetError) as caught:
        find_node("quue")
    assert caught.value.remedy == "did you mean 'queue'?"
