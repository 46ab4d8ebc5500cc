"""Every codec on a link between two processes, with envelope, compression and checks: what arrives is what was sent."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from up_support import CLI, PATIENCE_S, marked, until

pytestmark = pytest.mark.integration

CARRY = """
import numpy as np, pyarrow as pa

SENT = {
    "arrays": np.arange(40_000, dtype="<f4").reshape(200, 200),
    "tables": pa.table({"n": list(range(1000)), "s": ["x"] * 1000}),
    "orders": {"symbol": "AAPL", "qty": 3},
    "ticks": {"symbol": "AAPL", "price": 1.5, "note": "long " * 1000},
    "notes": {"a": [1, None, b"x"], 2: "two"},
    "objects": {1, (2, "x")},
    "records": {"symbol": "x", "prices": [1.5, 2.0]},
}


def source(arrays, tables, orders, ticks, notes, objects, records):
    sockets = locals()
    for name, message in SENT.items():
        for _ in range(3):
            sockets[name].send(message)
    try:
        ticks.send({"symbol": 1})
    except ValueError as error:
        print("refused:", error)


def sink(arrays, tables, orders, ticks, notes, objects, records):
    sockets = locals()
    for name, message in SENT.items():
        for _ in range(3):
            got = sockets[name].recv(timeout=20)
            if name == "arrays":
                same = np.array_equal(got, message)
            elif name == "records":
                same = (got.symbol, list(got.prices)) == tuple(message.values())
            else:
                same = got == message
            print(name, type(got).__name__, bool(same))
"""
MESSAGES = """
version: 1
name: codecs
messages:
  arrays: {codec: numpy, envelope: true, compression: lz4}
  tables: {codec: arrow, envelope: true}
  orders:
    codec: avro
    schema: {type: record, name: Order, fields: [{name: symbol, type: string}, {name: qty, type: int}]}
    envelope: true
  ticks:
    codec: msgpack
    envelope: true
    compression: zstd
    check: always
    schema: {type: object, required: [symbol], properties: {symbol: {type: string}}}
  notes: {codec: cbor}
  objects: {codec: pickle}
  records: {codec: protobuf, schema: tick.proto, type: t.Tick, envelope: true, compression: {codec: gzip, above: 1B}}
nodes:
"""
KINDS = {
    "arrays": "ndarray", "tables": "Table", "orders": "dict", "ticks": "dict", "notes": "dict", "objects": "set",
    "records": "Tick",
}  # fmt: skip


def topology() -> str:
    text = MESSAGES
    for node, socket in (
        ("source", "{{type: PUSH, bind: auto, message: {0}}}"),
        ("sink", "{{type: PULL, connect: source.{0}, message: {0}}}"),
    ):
        text += f"  {node}:\n    run: carry:{node}\n    kind: task\n    sockets:\n"
        text += "".join(f"      {name}: {socket.format(name)}\n" for name in KINDS)
    return text


def test_what_arrives_is_what_was_sent(tmp_path: Path) -> None:
    for library in ("numpy", "pyarrow", "fastavro", "cbor2", "lz4.frame", "zstandard", "grpc_tools.protoc"):
        pytest.importorskip(library)
    (tmp_path / "topology.yaml").write_text(topology())
    (tmp_path / "carry.py").write_text(CARRY)
    sample = Path(__file__).parents[1] / "properties/samples/tick.proto"
    (tmp_path / "tick.proto").write_text(sample.read_text())
    mark = os.urandom(8).hex()
    done = subprocess.run(
        [*CLI, "up", "topology.yaml"],
        cwd=tmp_path, env={**os.environ, "TEST_MARK": mark}, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line.partition("| ")[2] for line in done.stdout.splitlines()]
    for name, kind in KINDS.items():
        assert said.count(f"{name} {kind} True") == 3, done.stdout
    assert "refused: cannot send dict: it does not fit its schema: $.symbol: 1 is not a string" in said
    until(lambda: not marked(mark), what=lambda: f"left: {marked(mark)}")
