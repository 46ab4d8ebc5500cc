"""The resolved topology as plain data that means the same: `orchestrator config`.

Every default is filled in, so there is no `defaults` block; what was included stands in place. Paths are
absolute. Secrets are hidden. Keys of the user's own (`x-…`) are left out; `x-addresses` is ours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final, cast

from orchestrator.export.known import Known
from orchestrator.export.settings import (
    health_data,
    heartbeat_data,
    probe_data,
    restart_data,
    stop_data,
)
from orchestrator.model.quantities import format_duration
from orchestrator.model.secrets import looks_secret
from orchestrator.model.types import (
    Address,
    Endpoint,
    ForeignProgram,
    Message,
    Node,
    PythonProgram,
    Socket,
    Topology,
)
from orchestrator.vocabulary import HIDDEN, JsonValue

Data = dict[str, JsonValue]
ADDRESSES: Final = "x-addresses"
"""The key under which a socket tells the addresses of each replica."""


def resolved(topology: Topology) -> Data:
    """The topology in the words of the language, each block complete."""
    known = Known(topology)
    data: Data = {"version": 1, "name": topology.name}
    _set(data, "description", topology.description)
    if topology.messages:
        data["messages"] = {m.name: _message(m, topology) for m in topology.messages.values()}
    if topology.endpoints:
        data["endpoints"] = {e.name: _endpoint(e, known) for e in topology.endpoints.values()}
    data["nodes"] = {node.name: _Node(node, topology, known).data() for node in topology.nodes.values()}
    return data


def hide(data: JsonValue) -> JsonValue:
    """A copy of plain data in which no value shows whose key looks secret."""
    if isinstance(data, dict):
        return {
            key: HIDDEN if looks_secret(key) and isinstance(value, str | int | float) else hide(value)
            for key, value in data.items()
        }
    return [hide(item) for item in data] if isinstance(data, list) else data


def _set(data: Data, key: str, value: JsonValue) -> None:
    if value is not None:
        data[key] = value


def _message(message: Message, topology: Topology) -> Data:
    data: Data = {"codec": message.codec.value}
    schema = message.schema
    if isinstance(schema, str) and schema.endswith(".proto"):
        schema = os.path.normpath(os.path.join(topology.directory, schema))  # noqa: PTH118
    _set(data, "schema", schema)
    _set(data, "type", message.type)
    _set(data, "description", message.description)
    return data


def _endpoint(endpoint: Endpoint, known: Known) -> Data:
    data: Data = {"address": known.text(None, endpoint.address)}
    _set(data, "type", None if endpoint.type is None else endpoint.type.value)
    data["external"] = endpoint.external
    _set(data, "description", endpoint.description)
    return data


class _Node:
    """One node as plain data."""

    def __init__(self, node: Node, topology: Topology, known: Known) -> None:
        self._node = node
        self._topology = topology
        self._known = known

    def data(self) -> Data:
        node = self._node
        data = self._program()
        if node.params:
            data["params"] = hide(self._texts(cast("JsonValue", node.params)))
        if node.sockets:
            data["sockets"] = {name: self._socket(socket) for name, socket in node.sockets.items()}
        data["replicas"] = node.replicas
        _set(data, "min_replicas", node.min_replicas)
        data["expendable"] = node.expendable
        data["kind"] = node.kind.value
        if node.depends_on:
            data["depends_on"] = {d.node: {"condition": d.condition.value} for d in node.depends_on}
        self._probes(data)
        data["heartbeat"] = heartbeat_data(node.heartbeat)
        data["restart"] = restart_data(node.restart)
        data["stop"] = stop_data(node.stop)
        _set(data, "timeout", None if node.timeout_s is None else format_duration(node.timeout_s))
        self._surroundings(data)
        return data

    def _text(self, text: str) -> str:
        return self._known.text(self._node, text)

    def _texts(self, value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {key: self._texts(item) for key, item in value.items()}
        return [self._texts(item) for item in value] if isinstance(value, list) else value

    def _program(self) -> Data:
        program = self._node.program
        if isinstance(program, ForeignProgram):
            return {"command": list(_without_secrets([self._text(word) for word in program.argv]))}
        if isinstance(program, PythonProgram):
            return {"run": program.target}
        return {"use": program.name}

    def _probes(self, data: Data) -> None:
        node = self._node
        if node.ready is not None:
            data["ready"] = probe_data(node.ready, self._text)
        if node.done is not None:
            data["done"] = probe_data(node.done, self._text)
        if node.health is not None:
            data["health"] = health_data(node.health, self._text)

    def _surroundings(self, data: Data) -> None:
        node = self._node
        if node.env:
            data["env"] = hide({name: self._text(value) for name, value in node.env.items()})
        if node.env_files:
            data["env_file"] = list(node.env_files)
        data["cwd"] = self._text(node.cwd or self._topology.directory)
        _set(data, "stdin", None if node.stdin is None else self._text(node.stdin))
        _set(data, "process", node.process)
        if node.profiles:
            data["profiles"] = list(node.profiles)
        if node.labels:
            data["labels"] = dict(node.labels)
        _set(data, "description", node.description)

    def _socket(self, socket: Socket) -> Data:
        data: Data = {"type": socket.type.value}
        written: list[str] = []
        for key, addresses in (("bind", socket.binds), ("connect", socket.connects)):
            if addresses:
                texts = self._addresses(addresses)
                written += texts
                data[key] = texts[0] if len(texts) == 1 else cast("JsonValue", texts)
        _set(data, "message", socket.message)
        _set(data, "codec", None if socket.codec is None else socket.codec.value)
        _set(data, "topics", None if socket.topics is None else list(socket.topics))
        _set(data, "subscribe", None if socket.subscribe is None else list(socket.subscribe))
        if socket.options:
            data["options"] = hide({name: self._texts(value) for name, value in socket.options.items()})
        _set(data, "description", socket.description)
        real = self._known.addresses(socket)
        if any(addresses != written for addresses in real.values()):
            data[ADDRESSES] = cast("JsonValue", real)
        return data

    def _addresses(self, addresses: Sequence[Address]) -> list[str]:
        return [self._text(address.text) for address in addresses]


def _without_secrets(words: Sequence[str]) -> list[str]:
    """An argument list without the values of options that look secret: `--password=…`, `--token …`."""
    shown: list[str] = []
    for index, word in enumerate(words):
        name, equals, _ = word.partition("=")
        before = words[index - 1] if index else ""
        if equals and name.startswith("-") and looks_secret(name):
            shown.append(f"{name}={HIDDEN}")
        elif before.startswith("-") and "=" not in before and looks_secret(before) and word[:1] != "-":
            shown.append(HIDDEN)
        else:
            shown.append(word)
    return shown
