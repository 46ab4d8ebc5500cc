"""Two topologies in, every difference out."""

from __future__ import annotations

import os
from collections.abc import Mapping

from orchestrator.comparison.classes import KINDS, Class
from orchestrator.comparison.leaves import differences
from orchestrator.comparison.links import compare_links, linked
from orchestrator.comparison.names import Names, renames
from orchestrator.comparison.nodes import compare_nodes
from orchestrator.comparison.payloads import with_order, without_notes
from orchestrator.comparison.record import Record
from orchestrator.comparison.types import Comparison
from orchestrator.comparison.words import TopologyWords, Words, words_of
from orchestrator.model.hook_words import hidden_hook_words, hook_words
from orchestrator.model.service_words import securing_words
from orchestrator.model.types import Topology
from orchestrator.model.words import logs_words, supervision_words
from orchestrator.span import Span


def compare(old: Topology, new: Topology, classes: Mapping[str, Class] | None = None) -> Comparison:
    """Every change from `old` to `new`. `classes` (key of KINDS -> class) overrides what is usual.

    Both must be free of errors of reading. Raises KeyError for an override of a key that is none.
    """
    for key in classes or ():
        KINDS[key]
    before, after = words_of(old), words_of(new)
    names = renames(before, after)
    record = Record(old, new, classes or {})
    _top(old, new, record)
    _messages(before, after, names, record)
    _endpoints(before, after, record)
    _nodes(old, new, before, after, names, record)
    compare_links(old, new, names, record)
    order = {severity: severity.rank for severity in Class}
    return Comparison(changes=tuple(sorted(record.changes, key=lambda change: order[change.severity])))


def _top(old: Topology, new: Topology, record: Record) -> None:
    if old.name != new.name:
        record.leaf("topology-name", "the topology", "name", old.name, new.name, ("name",))
    if old.description != new.description:
        record.leaf(
            "description", "the topology", "description", old.description, new.description, ("description",)
        )
    for leaf in differences(logs_words(old.logs), logs_words(new.logs)):
        record.from_leaf("logs", "the topology", leaf, ("logs",), ("logs",))
    before, after = ({"supervision": supervision_words(t.supervision)} for t in (old, new))
    for leaf in differences(before, after):
        record.from_leaf("supervision", "the topology", leaf, (), ())
    was, now = ({"security": _securing(t)} for t in (old, new))
    for leaf in differences(was, now):
        record.from_leaf("security", "the topology", leaf, (), ())
    _hooks(old, new, record)


def _securing(topology: Topology) -> Words | None:
    """With paths as seen from the topology's file."""
    if topology.security is None:
        return None
    words: Words = securing_words(topology.security)
    for block, key in (("curve", "keys"), ("plain", "users")):
        if block in words:
            words[block][key] = os.path.relpath(words[block][key], topology.directory)
    return words


def _hooks(old: Topology, new: Topology, record: Record) -> None:
    """Hook by hook, in their order: they have no names. Secrets are compared, and not shown."""
    for index in range(max(len(old.hooks), len(new.hooks))):
        path, subject = ("hooks", index), f"hook {index + 1}"
        if index >= len(new.hooks):
            record.gone("hooks", subject, f"removed, was on {_events(old, index)}", path)
        elif index >= len(old.hooks):
            record.came("hooks", subject, f"new, on {_events(new, index)}", path)
        else:
            before, now = old.hooks[index], new.hooks[index]
            leaves = list(differences(hidden_hook_words(before), hidden_hook_words(now)))
            for leaf in leaves:
                record.from_leaf("hooks", subject, leaf, path, path)
            if not leaves and hook_words(before) != hook_words(now):
                record.add("hooks", subject, "its secrets changed", old_path=path, new_path=path, names=False)


def _events(topology: Topology, index: int) -> str:
    return ", ".join(topology.hooks[index].events)


def _messages(before: TopologyWords, after: TopologyWords, names: Names, record: Record) -> None:
    used = {s.get("message") for words in (before, after) for n in words.nodes.values() for s in _sockets(n)}
    for name, words in before.messages.items():
        now = names.messages.get(name, name)
        if now not in after.messages:
            if name not in used:
                record.gone(
                    "unused-message", f"message {name}", "removed; no socket names it", ("messages", name)
                )
            continue
        if now != name:
            record.add(
                "message-name",
                f"message {now}",
                f"renamed, was {name}",
                new_path=("messages", now),
                old_path=("messages", name),
                old=name,
                new=now,
            )
        in_use = name in used or now in used
        _message(name, now, words, after.messages[now], record, in_use=in_use)
    renamed = set(names.messages.values())
    for name in after.messages:
        if name not in before.messages and name not in renamed and name not in used:
            record.came("unused-message", f"message {name}", "new; no socket names it", ("messages", name))


def _message(name: str, now: str, old: Words, new: Words, record: Record, *, in_use: bool) -> None:
    subject = f"message {now}"
    for key in ("codec", "type", "schema", "envelope", "compression", "check", "description"):
        before, after = old.get(key), new.get(key)
        kind = "payload" if key in ("codec", "type") else key
        if key == "schema":
            judged = without_notes(before), without_notes(after)
            kind = "schema-notes" if judged[0] == judged[1] else "schema"
            before, after = (with_order(before), with_order(after)) if judged[0] == judged[1] else judged
        if not in_use and kind in ("payload", "schema", "envelope", "compression", "check"):
            kind = "unused-message"
        for leaf in differences({key: before}, {key: after}):
            record.from_leaf(kind, subject, leaf, ("messages", name), ("messages", now))


def _sockets(node: Words) -> list[Words]:
    return list(node.get("sockets", {}).values())


def _endpoints(before: TopologyWords, after: TopologyWords, record: Record) -> None:
    for name, words in before.endpoints.items():
        path = ("endpoints", name)
        now = after.endpoints.get(name)
        if now is None:
            record.gone("endpoint-name", f"endpoint {name}", f"removed, was {words['address']}", path)
            continue
        kinds = {"type": "type", "description": "description"}
        for leaf in differences(words, now):
            kind = kinds.get(str(leaf.path[0]), "endpoint-address")
            record.from_leaf(kind, f"endpoint {name}", leaf, path, path)
    for name, words in after.endpoints.items():
        if name not in before.endpoints:
            record.came("endpoint-name", f"endpoint {name}", f"new: {words['address']}", ("endpoints", name))


def _nodes(
    old: Topology, new: Topology, before: TopologyWords, after: TopologyWords, names: Names, record: Record
) -> None:
    peers = linked(old)
    for name, node in old.nodes.items():
        now = names.nodes.get(name, name)
        path = ("nodes", name)
        if now not in new.nodes:
            left = sorted(
                names.nodes.get(p, p) for p in peers.get(name, ()) if names.nodes.get(p, p) in new.nodes
            )
            kind = "node-removed" if left else "lone-node-removed"
            told = f"removed; linked to {', '.join(left)}" if left else "removed"
            record.gone(kind, name, told, path)
            continue
        new_path = ("nodes", now)
        if now != name:
            told = f"renamed, was {name}"
            record.add("node-renamed", now, told, old_path=path, new_path=new_path, old=name, new=now)
        origin, here = _origin(node.span, old), _origin(new.nodes[now].span, new)
        if origin != here:
            record.add(
                "node-moved",
                now,
                f"moved from {origin or 'the main file'} to {here or 'the main file'}",
                old_path=path,
                new_path=new_path,
            )
        compare_nodes(
            node, new.nodes[now], names.translated(name, before.nodes[name]), after.nodes[now], record, names
        )
    known = {names.nodes.get(name, name) for name in old.nodes}
    for name in new.nodes:
        if name not in known:
            record.came("node-added", name, "new", ("nodes", name))


def _origin(span: Span, topology: Topology) -> str:
    """The included file that something stands in, as seen from the main one; empty for the main file."""
    if span.file == topology.file:
        return ""
    return os.path.relpath(span.file, os.path.dirname(topology.file) or ".")  # noqa: PTH120
