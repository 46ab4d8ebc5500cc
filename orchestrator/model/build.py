"""A document that the schema has accepted becomes a Topology; what does not make sense becomes findings."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import cast

from orchestrator.diagnostics import Diagnostic, has_errors
from orchestrator.model.check import check
from orchestrator.model.hooks import build_hooks, check_hooks
from orchestrator.model.nodes import Defaults, Functions, build_defaults, build_node
from orchestrator.model.parts import Data, Findings
from orchestrator.model.service import build_compress, build_securing
from orchestrator.model.settings import build_logs, build_supervision
from orchestrator.model.types import Address, Endpoint, Message, Topology
from orchestrator.source import Document
from orchestrator.vocabulary import JsonValue, Path, SocketType, codec_word
from orchestrator.wire.qos import Check


@dataclass(frozen=True, slots=True)
class Built:
    """A topology, whatever is wrong with it."""

    topology: Topology
    diagnostics: list[Diagnostic]
    sound: bool
    """Its links are those that were meant: no name in `bind` or `connect` was beyond guessing."""


def build(document: Document, functions: Functions | None = None) -> tuple[Topology | None, list[Diagnostic]]:
    """The topology with every default filled in, and what is wrong with it.

    `document` must have passed `orchestrator.spec.validate`. There is no topology when there are errors.
    """
    built = build_anyway(document, functions)
    return None if has_errors(built.diagnostics) else built.topology, built.diagnostics


def build_anyway(document: Document, functions: Functions | None = None) -> Built:
    """The topology even when there are errors: for looking at, not for running."""
    findings = Findings(document)
    data = cast("Data", document.data)
    defaults = build_defaults(data["defaults"], findings) if "defaults" in data else Defaults()
    nodes = {
        name: build_node(name, node, defaults, functions or {}, findings)
        for name, node in data.get("nodes", {}).items()
    }
    topology = Topology(
        name=data["name"],
        file=document.file,
        directory=document.directory,
        nodes=nodes,
        messages={name: _message(name, m, findings) for name, m in data.get("messages", {}).items()},
        endpoints={name: _endpoint(name, e, findings) for name, e in data.get("endpoints", {}).items()},
        span=findings.place(("name",)),
        locate=document.place,
        written=document.scalar,
        description=data.get("description"),
        supervision=build_supervision(data.get("supervision", {})),
        hooks=build_hooks(data.get("hooks", []), findings),
        logs=build_logs(data.get("logs", {})),
        security=build_securing(data["security"], document.directory) if "security" in data else None,
    )
    check(topology, findings)
    check_hooks(topology.hooks, nodes, findings)
    if findings.meant:
        topology = _with_addresses_as_meant(topology, findings)
    return Built(topology, findings.found, sound=None not in findings.meant.values())


def _with_addresses_as_meant(topology: Topology, findings: Findings) -> Topology:
    def corrected(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        return tuple(replace(a, text=findings.meant.get(a.path) or a.text) for a in addresses)

    nodes = {}
    for name, node in topology.nodes.items():
        sockets = {
            key: replace(socket, binds=corrected(socket.binds), connects=corrected(socket.connects))
            for key, socket in node.sockets.items()
        }
        nodes[name] = replace(node, sockets=sockets)
    return replace(topology, nodes=nodes)


def _message(name: str, data: Data, findings: Findings) -> Message:
    path: Path = ("messages", name)
    return Message(
        name=name,
        codec=codec_word(data["codec"]),
        schema=_schema(data.get("schema"), path, findings),
        type=data.get("type"),
        span=findings.key(path),
        path=path,
        envelope=data.get("envelope", False),
        compress=build_compress(data.get("compression")),
        check=Check(data.get("check", Check.FIRST)),
        description=data.get("description"),
    )


def _schema(schema: JsonValue, path: Path, findings: Findings) -> JsonValue:
    """A `.proto` or `.avsc` path of an included file starts from that file's directory."""
    document = findings.document
    here = document.directory_of(path)
    if isinstance(schema, str) and schema.endswith((".proto", ".avsc")) and here != document.directory:
        return os.path.relpath(os.path.join(here, schema), document.directory)  # noqa: PTH118
    return schema


def _endpoint(name: str, data: Data, findings: Findings) -> Endpoint:
    path: Path = ("endpoints", name)
    return Endpoint(
        name=name,
        address=data["address"],
        type=SocketType(data["type"]) if "type" in data else None,
        external=data.get("external", False),
        span=findings.key(path),
        path=path,
        description=data.get("description"),
    )
