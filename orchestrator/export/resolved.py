"""The resolved topology as plain data that means the same: `orchestrator config`.

Every default is filled in, so there is no `defaults` block; what was included stands in place. Paths are
absolute. Secrets are hidden. Keys of the user's own (`x-…`) are left out; `x-addresses` is ours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast

from orchestrator.export.known import Known
from orchestrator.model.hook_words import hidden_hook_words
from orchestrator.model.secrets import hide, hide_in_words
from orchestrator.model.service_words import securing_words
from orchestrator.model.types import Logs, Message, Node, Socket, Supervision, Topology
from orchestrator.model.words import (
    Data,
    endpoint_words,
    logs_words,
    message_words,
    node_words,
    supervision_words,
)
from orchestrator.vocabulary import JsonValue

ADDRESSES: Final = "x-addresses"
"""The key under which a socket tells the addresses of each replica."""


def resolved(topology: Topology) -> Data:
    """The topology in the words of the language, each block complete."""
    known = Known(topology)
    data: Data = {"version": 1, "name": topology.name}
    if topology.description is not None:
        data["description"] = topology.description
    if topology.messages:
        data["messages"] = {m.name: _message(m, topology) for m in topology.messages.values()}
    if topology.endpoints:
        endpoints = topology.endpoints.values()
        data["endpoints"] = {e.name: endpoint_words(e, partial(known.text, None)) for e in endpoints}
    if topology.supervision != Supervision():
        data["supervision"] = supervision_words(topology.supervision)
    if topology.hooks:
        data["hooks"] = [hidden_hook_words(hook, partial(known.text, None)) for hook in topology.hooks]
    if topology.logs != Logs():
        data["logs"] = logs_words(topology.logs)
    if topology.security is not None:
        data["security"] = securing_words(topology.security)
    data["nodes"] = {node.name: _node(node, topology, known) for node in topology.nodes.values()}
    return data


def _message(message: Message, topology: Topology) -> Data:
    data = message_words(message)
    if isinstance(message.schema, str) and message.schema.endswith((".proto", ".avsc")):
        data["schema"] = os.path.normpath(os.path.join(topology.directory, message.schema))  # noqa: PTH118
    return data


def _node(node: Node, topology: Topology, known: Known) -> Data:
    data = node_words(replace(node, cwd=node.cwd or topology.directory), partial(known.text, node))
    sockets = cast("dict[str, Data]", data.get("sockets", {}))
    for name, words in sockets.items():
        _add_addresses(words, node.sockets[name], known)
        if "options" in words:
            words["options"] = hide(words["options"])
    for key in ("params", "env"):
        if key in data:
            data[key] = hide(data[key])
    if "command" in data:
        data["command"] = cast("JsonValue", hide_in_words(cast("list[str]", data["command"])))
    return data


def _add_addresses(words: Data, socket: Socket, known: Known) -> None:
    """Where each replica is, unless `bind` and `connect` say it already."""
    written: list[Any] = []
    for key in ("bind", "connect"):
        value = words.get(key, [])
        written += value if isinstance(value, list) else [value]
    real: Mapping[str, list[str]] = known.addresses(socket)
    if any(addresses != written for addresses in real.values()):
        words[ADDRESSES] = cast("JsonValue", dict(real))
