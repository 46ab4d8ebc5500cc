"""How messages can travel between two nodes of ours, for the table of what each thing costs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from data_path.ours import Way

_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"t": {"type": "integer", "minimum": 0}, "data": {}},
        "required": ["t", "data"],
        "additionalProperties": False,
    }
)
_RECORDS: dict[str, Any] = {"form": "records", "sink": "RecordSink"}


def _msgpack(**more: Any) -> dict[str, Any]:
    return {"codec": "msgpack", "envelope": True, **more}


RAW = Way(name="raw", large_sink="ViewSink")
INTERPRETED = Way(
    name="raw, nothing compiled", large_sink="ViewSink", environment={"ORCHESTRATOR_LANES": "off"}
)
RAW_LOOP = Way(name="raw, a loop of its own", sink="LoopSink")
ENVELOPE = Way(name="raw with envelope", message={"codec": "raw", "envelope": True})
PLAIN_MSGPACK = Way(name="msgpack", message={"codec": "msgpack"}, **_RECORDS)
MSGPACK = Way(name="msgpack with envelope", message=_msgpack(), **_RECORDS)
CHECKED = Way(
    name="… and every message checked",
    message=_msgpack(schema="tick.json", check="always"),
    files={"tick.json": _SCHEMA},
    **_RECORDS,
)
_BATCH = {"batch": {"max_messages": 500, "max_bytes": "256KiB", "max_delay": "5ms"}}
BATCHED = Way(name="raw with envelope, batched", message={"codec": "raw", "envelope": True}, sending=_BATCH)
BATCHED_MANY = replace(
    BATCHED, name="… by `send_many`, a loop of its own", source="ManySource", sink="LoopSink"
)
BATCHED_MSGPACK = Way(name="msgpack with envelope, batched", message=_msgpack(), sending=_BATCH, **_RECORDS)
TOPIC = Way(
    name="the same, PUB to SUB with a topic",
    message={"codec": "raw", "envelope": True},
    sending={"type": "PUB", "topics": ["ticks.eur"], "delivery": "lossless", "wait_for": "all"},
    receiving={"type": "SUB", "subscribe": ["ticks"]},
)
CURVE = Way(
    name="raw over CURVE",
    socket={"security": "curve"},
    top={"security": {"curve": {"keys": "keys"}}},
    first=("keys", "init"),
)
COMPRESSED = {
    codec: Way(
        name=f"raw with envelope, {codec}",
        message={"codec": "raw", "envelope": True, "compression": {"codec": codec, "above": "1KiB"}},
        slower=10,
    )
    for codec in ("zstd", "lz4", "gzip")
}
SHARED = Way(
    name="raw in shared memory",
    message={"codec": "raw", "envelope": True},
    sending={"shared_memory": "64MiB"},
)
SHARED_ARRAYS = Way(
    name="arrays in shared memory",
    message={"codec": "numpy", "envelope": True},
    sending={"shared_memory": "64MiB"},
    form="arrays",
    sink="ArraySink",
)

COSTS = (
    RAW, INTERPRETED, RAW_LOOP, ENVELOPE, TOPIC, PLAIN_MSGPACK, MSGPACK, CHECKED, BATCHED, BATCHED_MANY, BATCHED_MSGPACK, CURVE,
    *COMPRESSED.values(), SHARED, SHARED_ARRAYS,
)  # fmt: skip
