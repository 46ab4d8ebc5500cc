"""One node before and after, and its sockets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.comparison.leaves import Leaf, differences
from orchestrator.comparison.links import linked
from orchestrator.comparison.names import Names
from orchestrator.comparison.payloads import payload_of
from orchestrator.comparison.record import Record
from orchestrator.comparison.words import Words
from orchestrator.model.sites import named
from orchestrator.model.types import Node, Socket, Topology
from orchestrator.transport.option_names import canonical
from orchestrator.vocabulary import JsonValue

_KIND_OF: Final[Mapping[str, str]] = {
    "run": "program",
    "command": "program",
    "use": "program",
    "min_replicas": "replicas",
    "ready": "probe",
    "done": "probe",
    "health": "probe",
    "env_file": "env",
    "dead_letter": "on_error",
}
"""Keys of a node whose kind of change has another name."""
_SOCKET_KEYS: Final[Mapping[str, str]] = {
    **{key: key for key in ("type", "subscribe", "envelope", "delivery", "wait_for", "batch", "limits")},
    **{key: key for key in ("shared_memory", "security", "description")},
    **dict.fromkeys(("max_lag", "on_lag"), "lag"),
    **dict.fromkeys(("retry", "breaker", "failover"), "requests"),
}
"""Keys of a socket that are compared as they are -> the kind of change."""
_PROGRAMS: Final = ("run", "command", "use")
_WIRE_OPTIONS: Final = ("curve_", "plain_", "gssapi_", "zap_", "socks_")
_MORE_WIRE_OPTIONS: Final = frozenset(
    {"routing_id", "connect_routing_id", "probe_router", "router_raw", "conflate", "invert_matching"}
    | {"req_correlate", "stream_notify", "heartbeat_ttl", "maxmsgsize", "xpub_welcome_msg", "hello_msg"}
)
"""What the peer sees of a socket, by ZMTP (RFC 23) or in what arrives (zmq_setsockopt(3))."""


def compare_nodes(old: Node, new: Node, before: Words, after: Words, record: Record, names: Names) -> None:
    """Everything that is different in a node. `before` has its names as they are now."""
    keys = [key for key in dict.fromkeys((*before, *after)) if key != "sockets"]
    programs = [key for key in _PROGRAMS if key in before], [key for key in _PROGRAMS if key in after]
    if programs[0] != programs[1]:
        (was,), (now,) = programs
        leaf = Leaf((now,), [f"{was}:", *_words(before[was])], [f"{now}:", *_words(after[now])])
        told = f"{was} → {now}: {' '.join(_words(after[now]))}"
        record.add("program", new.name, told, old_path=(*old.path, was), new_path=(*new.path, now),
                   old=leaf.old, new=leaf.new)  # fmt: skip
        keys = [key for key in keys if key not in _PROGRAMS]
    for key in keys:
        for leaf in differences({key: before.get(key)}, {key: after.get(key)}):
            record.from_leaf(_KIND_OF.get(key, key), new.name, leaf, old.path, new.path)
    _Sockets(old, new, record, names).compare(before.get("sockets", {}), after.get("sockets", {}))


def _words(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


class _Sockets:
    """The sockets of one node."""

    def __init__(self, old: Node, new: Node, record: Record, names: Names) -> None:
        self._old = old
        self._new = new
        self._record = record
        self._was = {names.sockets.get((old.name, name), name): name for name in old.sockets}
        """New name -> old name."""

    def compare(self, before: Mapping[str, Words], after: Mapping[str, Words]) -> None:
        peers = None
        for name, words in before.items():
            socket = self._old.sockets[self._was[name]]
            if name not in after:
                peers = linked(self._record.old) if peers is None else peers
                left = [node for node in sorted(peers.get(socket.ref, ())) if node in self._record.new.nodes]
                kind = "socket-removed" if left else "lone-socket-removed"
                told = f"removed; linked to {', '.join(left)}" if left else "removed"
                self._record.gone(kind, f"{self._new.name}.{name}", told, socket.path)
            else:
                self._socket(socket, self._new.sockets[name], words, after[name])
        for name in after:
            if name not in before:
                socket = self._new.sockets[name]
                self._record.came("socket-added", socket.ref, f"new: {socket.type.value}", socket.path)

    def _socket(self, old: Socket, new: Socket, before: Words, after: Words) -> None:
        if old.name != new.name:
            told = f"renamed, was {old.name}"
            self._record.add("socket-renamed", new.ref, told, old_path=old.path, new_path=new.path,
                             old=old.name, new=new.name)  # fmt: skip
        for key in ("bind", "connect"):
            if sorted(before.get(key, ())) != sorted(after.get(key, ())):
                # the same addresses under other names are no change; of the same names, `endpoints` tells
                leaves = differences(
                    {key: _behind(before.get(key), self._record.old)},
                    {key: _behind(after.get(key), self._record.new)},
                )
                if any(leaves):
                    leaf = Leaf((key,), before.get(key), after.get(key))
                    self._record.from_leaf(key, new.ref, leaf, old.path, new.path)
        for key, kind in _SOCKET_KEYS.items():
            for leaf in differences({key: before.get(key)}, {key: after.get(key)}):
                self._record.from_leaf(kind, new.ref, leaf, old.path, new.path)
        self._payload(old, new, before, after)
        self._topics(old, new)
        for leaf in differences({"options": before.get("options")}, {"options": after.get("options")}):
            self._options(leaf, old, new)

    def _payload(self, old: Socket, new: Socket, before: Words, after: Words) -> None:
        named = before.get("message"), after.get("message")
        if named == (None, None) and before.get("codec") == after.get("codec"):
            return
        if named[0] == named[1] and named[0] is not None:
            return  # what became of the message is told there
        was = payload_of(self._record.old, self._old, old)
        now = payload_of(self._record.new, self._new, new)
        if was == now or was is None or now is None:
            kind = "message-name"
        else:
            kind = "payload" if (was.codec, was.type) != (now.codec, now.type) else "schema"
        key = "message" if named != (None, None) else "codec"
        values = [words.get("message") or words.get("codec") for words in (before, after)]
        if kind == "payload" and was is not None and now is not None and was.codec != now.codec:
            values = [str(was.codec), str(now.codec)]
            key = "codec"
        self._record.from_leaf(kind, new.ref, Leaf((key,), values[0], values[1]), old.path, new.path)

    def _topics(self, old: Socket, new: Socket) -> None:
        if old.topics is None or new.topics is None:
            if old.topics != new.topics:
                leaf = Leaf(("topics",), _listed(old.topics), _listed(new.topics))
                self._record.from_leaf("topics-added", new.ref, leaf, old.path, new.path)
            return
        for kind, left, word in (
            ("topics-removed", [t for t in old.topics if t not in new.topics], "not sent any more"),
            ("topics-added", [t for t in new.topics if t not in old.topics], "sent now"),
        ):
            if left:
                told = f"topics {word}: {', '.join(map(repr, left))}"
                self._record.add(kind, new.ref, told, old_path=(*old.path, "topics"),
                                 new_path=(*new.path, "topics"), old=_listed(old.topics),
                                 new=_listed(new.topics), names=False)  # fmt: skip

    def _options(self, leaf: Leaf, old: Socket, new: Socket) -> None:
        name = canonical(str(leaf.path[1]))
        is_wire = name.startswith(_WIRE_OPTIONS) or name in _MORE_WIRE_OPTIONS
        self._record.from_leaf("wire-option" if is_wire else "option", new.ref, leaf, old.path, new.path)


def _behind(texts: list[str] | None, topology: Topology) -> list[str] | None:
    """Addresses in place of the names of `endpoints`."""
    return None if texts is None else [named(topology, text)[0] for text in texts]


def _listed(topics: tuple[str, ...] | None) -> JsonValue:
    return None if topics is None else [*topics]
