"""A topology in comparable words: independent of the directory that its file is in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from orchestrator.model.types import Node, Topology
from orchestrator.model.words import endpoint_words, message_words, node_words

Words: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TopologyWords:
    """The blocks of a topology, each name -> words."""

    nodes: Mapping[str, Words]
    messages: Mapping[str, Words]
    endpoints: Mapping[str, Words]


def words_of(topology: Topology) -> TopologyWords:
    """The whole topology. `bind` and `connect` are lists."""
    return TopologyWords(
        nodes={node.name: _node(node, topology) for node in topology.nodes.values()},
        messages={m.name: message_words(m) for m in topology.messages.values()},
        endpoints={e.name: endpoint_words(e) for e in topology.endpoints.values()},
    )


def _node(node: Node, topology: Topology) -> Words:
    words: Words = dict(node_words(node))
    for key in ("cwd", "env_file"):
        if key in words:
            words[key] = _relative(words[key], topology.directory)
    for socket in words.get("sockets", {}).values():
        for key in ("bind", "connect"):
            if key in socket:
                socket[key] = socket[key] if isinstance(socket[key], list) else [socket[key]]
    return words


def _relative(value: str | list[str], directory: str) -> str | list[str]:
    if isinstance(value, list):
        return [str(_relative(item, directory)) for item in value]
    return os.path.relpath(value, directory) if os.path.isabs(value) else value  # noqa: PTH117
