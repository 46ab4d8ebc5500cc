"""Libraries of codecs and compressions: what is told where one is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.app.library_check import check_libraries
from orchestrator.model.load import load
from orchestrator.model.types import Topology

TEXT = """\
version: 1
name: t
messages:
  Order: {codec: avro, schema: {type: record, name: O, fields: []}, envelope: true, compression: zstd}
  Tick: {codec: protobuf, schema: tick.proto, type: t.Tick}
  Made: {codec: protobuf, schema: made_pb2, type: t.Made}
  Plain: {codec: msgpack}
nodes:
  a:
    run: m:A
    sockets:
      orders: {type: PUSH, bind: "tcp://127.0.0.1:5601", message: Order}
      ticks: {type: PUSH, bind: "tcp://127.0.0.1:5602", message: Tick}
      made: {type: PUSH, bind: "tcp://127.0.0.1:5603", message: Made}
      plain: {type: PUSH, bind: "tcp://127.0.0.1:5604", message: Plain}
      arrays: {type: PUSH, bind: "tcp://127.0.0.1:5605", codec: numpy}
      fast: {type: PUSH, bind: "tcp://127.0.0.1:5606", codec: acme.fast}
      bytes: {type: PUSH, bind: "tcp://127.0.0.1:5607"}
  b:
    run: m:B
    sockets:
      orders: {type: PULL, connect: a.orders, message: Order}
  c:
    command: ./c
    sockets:
      tables: {type: PULL, bind: "tcp://127.0.0.1:5608", codec: arrow}
"""


@pytest.fixture
def topology(tmp_path: Path) -> Topology:
    loaded = load(str(tmp_path / "t.yaml"), text=TEXT, environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


def test_each_is_told_once_with_what_installs_it(topology: Topology) -> None:
    found = {d.path: (d.message, d.help) for d in check_libraries(topology, lambda name: False)}
    needs = "which this Python does not have"
    assert found == {
        ("messages", "Order", "codec"): (
            f"the codec avro of `Order` needs fastavro, {needs}", "pip install 'zmq-orchestrator[avro]'"
        ),
        ("messages", "Order", "compression"): (
            f"the compression zstd of `Order` needs zstandard, {needs}", "pip install 'zmq-orchestrator[zstd]'"
        ),
        ("messages", "Tick", "codec"): (
            f"the codec protobuf of `Tick` needs google.protobuf and grpc_tools, {needs}",
            "pip install 'zmq-orchestrator[protobuf]'",
        ),
        ("messages", "Made", "codec"): (
            f"the codec protobuf of `Made` needs google.protobuf, {needs}",
            "pip install 'zmq-orchestrator[protobuf]'",
        ),
        ("nodes", "a", "sockets", "arrays", "codec"): (
            f"the codec numpy of `a.arrays` needs numpy, {needs}", "pip install 'zmq-orchestrator[numpy]'"
        ),
    }  # fmt: skip


def test_what_is_there_is_no_finding(topology: Topology) -> None:
    assert list(check_libraries(topology, lambda name: True)) == []
    for library in ("fastavro", "zstandard", "grpc_tools", "numpy"):
        pytest.importorskip(library)
    assert list(check_libraries(topology)) == []
