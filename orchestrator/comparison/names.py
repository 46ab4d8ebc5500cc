"""What has another name now, where that is certain; and references rewritten to the new names.

A rename is certain when one name is gone and another has come, what stands behind both is the same once
references to renamed things are left out of account, and no third looks the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.comparison.words import TopologyWords, Words
from orchestrator.model.words import within

_REFERENCE: Final = re.compile(r"\$\{\{\s*(?:nodes\.(?P<node>[a-z0-9-]+)\.)?sockets\.(?P<socket>[a-z0-9_-]+)")
_PROSE: Final = ("description", "labels")


@dataclass(frozen=True, slots=True)
class Names:
    """Old name -> new name, for what has been renamed."""

    nodes: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    sockets: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(old node, old socket) -> new socket."""

    def ref(self, node: str, socket: str) -> str:
        """A socket's new `node.socket`."""
        return f"{self.nodes.get(node, node)}.{self.sockets.get((node, socket), socket)}"

    def translated(self, node: str, words: Words) -> Words:
        """An old node's words, with every name in them as it is now."""
        return _Translator(self, node).node(words)


def renames(old: TopologyWords, new: TopologyWords) -> Names:
    """What has been renamed from `old` to `new`."""
    messages = _pairs(old.messages, new.messages, lambda _, words: _print(_without(words, _PROSE)))
    gone = (set(old.nodes) ^ set(new.nodes), {*messages, *messages.values()})
    nodes = _pairs(old.nodes, new.nodes, lambda name, words: _shape(name, words, *gone))
    names = Names(nodes=nodes, messages=messages)
    nodes = {o: n for o, n in nodes.items() if _same(names.translated(o, old.nodes[o]), new.nodes[n])}
    names = Names(nodes=nodes, messages=messages)
    return Names(nodes=nodes, messages=messages, sockets=dict(_sockets(old, new, names)))


def _pairs(
    old: Mapping[str, Words], new: Mapping[str, Words], shape: Callable[[str, Words], str]
) -> dict[str, str]:
    """Names only in `old` and names only in `new` that stand for the same, where no other does."""
    before = _by_shape((name, shape(name, words)) for name, words in old.items() if name not in new)
    after = _by_shape((name, shape(name, words)) for name, words in new.items() if name not in old)
    return {
        names[0]: after[print_][0]
        for print_, names in before.items()
        if len(names) == 1 and len(after.get(print_, ())) == 1
    }


def _by_shape(items: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, shape in items:
        found.setdefault(shape, []).append(name)
    return found


def _shape(name: str, words: Words, nodes: set[str], messages: set[str]) -> str:
    """What a node is beside its name and the names of whatever came, went or has been renamed."""
    unknown = Names(nodes=dict.fromkeys(nodes, "?"), messages=dict.fromkeys(messages, "?"))
    return _print(_without(unknown.translated(name, words), _PROSE))


def _sockets(old: TopologyWords, new: TopologyWords, names: Names) -> Iterable[tuple[tuple[str, str], str]]:
    for name, words in old.nodes.items():
        now = new.nodes.get(names.nodes.get(name, name))
        if now is None:
            continue
        sockets = names.translated(name, words).get("sockets", {})
        found = _pairs(sockets, now.get("sockets", {}), lambda _, s: _print(_without(s, _PROSE)))
        for before, after in found.items():
            yield (name, before), after


def _same(one: Words, other: Words) -> bool:
    return _print(_without(one, _PROSE)) == _print(_without(other, _PROSE))


def _without(words: Words, keys: Iterable[str]) -> Words:
    left = {key: value for key, value in words.items() if key not in keys}
    if isinstance(left.get("sockets"), dict):
        left["sockets"] = {name: _without(socket, keys) for name, socket in left["sockets"].items()}
    return left


def _print(words: Any) -> str:
    return json.dumps(words, sort_keys=True, default=repr)


class _Translator:
    """Rewrites the references of one old node."""

    def __init__(self, names: Names, node: str) -> None:
        self._names = names
        self._node = node

    def node(self, words: Words) -> Words:
        result: Words = within(words, self._text)  # type: ignore[assignment]
        sockets = result.get("sockets")
        if sockets:
            for socket in sockets.values():
                self._socket(socket)
            result["sockets"] = {self._own(name): socket for name, socket in sockets.items()}
        if "depends_on" in result:
            result["depends_on"] = {
                self._names.nodes.get(name, name): wanted for name, wanted in result["depends_on"].items()
            }
        for key in ("ready", "done", "health"):
            if key in result:
                self._probe(result[key])
        return result

    def _own(self, socket: str) -> str:
        return self._names.sockets.get((self._node, socket), socket)

    def _socket(self, words: Words) -> None:
        for key in ("bind", "connect"):
            if key in words:
                given = words[key] if isinstance(words[key], list) else [words[key]]
                words[key] = [self._address(text) for text in given]
        if "message" in words:
            words["message"] = self._names.messages.get(words["message"], words["message"])

    def _address(self, text: str) -> str:
        node, dot, socket = text.partition(".")
        if not dot or ":" in text or "/" in text:
            return text
        return self._names.ref(node, socket)

    def _probe(self, words: Words) -> None:
        targets = words.get("tcp")
        if isinstance(targets, str):
            words["tcp"] = self._own(targets)
        elif isinstance(targets, list):
            words["tcp"] = [self._own(str(target)) for target in targets]
        for key in ("zmq", "peers"):
            if key in words:
                words[key]["socket"] = self._own(words[key]["socket"])

    def _text(self, text: str) -> str:
        return _REFERENCE.sub(self._reference, text) if "${{" in text else text

    def _reference(self, found: re.Match[str]) -> str:
        node, _, socket = self._names.ref(found["node"] or self._node, found["socket"]).partition(".")
        head = found[0][: found.start("socket") - found.start()]
        if found["node"]:
            head = head.replace(f"nodes.{found['node']}.", f"nodes.{node}.", 1)
        return head + socket
