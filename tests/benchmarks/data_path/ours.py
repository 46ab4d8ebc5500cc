"""The same through our own API: two nodes of a topology, under `orchestrator up`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_path.contestants import PROGRAMS, Contestant
from data_path.traffic import READ_FROM, Load

_NODES = """import sys
sys.path.insert(0, {where!r})
from nodes import ArraySink, LoopSink, ViewSink, ManySource, RecordSink, Sink, Source  # noqa: F401
"""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How messages travel: what the topology says of them, and what the nodes make of them."""

    name: str
    message: dict[str, Any] = field(default_factory=lambda: {"codec": "raw"})
    socket: dict[str, Any] = field(default_factory=dict)
    """Keys of both sockets."""
    sending: dict[str, Any] = field(default_factory=dict)
    """Keys of the sending one."""
    receiving: dict[str, Any] = field(default_factory=dict)
    top: dict[str, Any] = field(default_factory=dict)
    form: str = "bytes"
    sink: str = "Sink"
    large_sink: str = ""
    """For payloads that are read to their ends, if it is another one."""
    source: str = "Source"
    files: dict[str, str] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    """A verb that is to be run before `up`."""
    slower: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    """Beside that of the benchmark."""


class Ours(Contestant):
    def __init__(self, way: Way) -> None:
        self.way = way
        self.name = way.name
        self.slower = way.slower

    def commands(self, directory: Path, load: Load) -> list[list[str]]:
        way = self.way
        sink_name = way.large_sink if way.large_sink and load.size >= READ_FROM else way.sink
        params = {"load": load.arguments(), "form": way.form}
        source = {"type": "PUSH", "connect": "sink.ticks", "message": "Tick", **way.socket, **way.sending}
        sink = {"type": "PULL", "bind": "auto", "message": "Tick", **way.socket, **way.receiving}
        topology = {
            "version": 1,
            "name": "data",
            **way.top,
            "messages": {"Tick": way.message},
            "nodes": {
                "source": {"run": f"ends:{way.source}", "params": params, "sockets": {"ticks": source}},
                "sink": {"run": f"ends:{sink_name}", "params": params, "sockets": {"ticks": sink}},
            },
        }
        (directory / "topology.yaml").write_text(json.dumps(topology, indent=1))  # JSON is YAML
        (directory / "ends.py").write_text(_NODES.format(where=str(PROGRAMS)))
        for name, text in way.files.items():
            (directory / name).write_text(text)
        ours = [sys.executable, "-m", "orchestrator"]
        if way.first:
            subprocess.run([*ours, *way.first], cwd=directory, check=True, stdout=subprocess.DEVNULL)
        return [[*ours, "up", "topology.yaml"]]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "XDG_STATE_HOME": "state", **self.way.environment}
