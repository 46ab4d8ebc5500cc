"""`${{ … }}`: references to the topology itself, inside strings. Parsing and evaluation; free of I/O.

    sockets.NAME.address             the first address of one of the node's own sockets
    sockets.NAME.addresses           all of them, joined by commas
    sockets.NAME.host, .port         the two halves of a tcp address
    nodes.NODE.sockets.NAME.address  the same of another node's socket (also addresses, host, port)
    node.name  replica.index  run.dir  topology.name  topology.dir

`$${{` stands for a literal `${{`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from orchestrator.errors import RunError

_START: Final = re.compile(r"\$?\$\{\{")
_PATH: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")

FACETS: Final = ("address", "addresses", "host", "port")
"""What can be asked of a socket."""
WORDS: Final = ("node.name", "replica.index", "run.dir", "topology.name", "topology.dir")
"""What can be referred to beside sockets."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One `${{ … }}`. `start` and `end` are offsets in the string; `inner` is where the first word begins."""

    words: tuple[str, ...]
    start: int
    end: int
    inner: int

    @property
    def text(self) -> str:
        return ".".join(self.words)

    @property
    def socket(self) -> tuple[str | None, str, str] | None:
        """(node or None for the own one, socket, facet) where a socket is meant."""
        if len(self.words) == 3 and self.words[0] == "sockets":
            return None, self.words[1], self.words[2]
        if len(self.words) == 5 and self.words[0] == "nodes" and self.words[2] == "sockets":
            return self.words[1], self.words[3], self.words[4]
        return None


@dataclass(frozen=True, slots=True)
class Malformed:
    """A `${{` that begins no reference."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Template:
    """A string taken apart: literal text, references, and what is neither."""

    pieces: tuple[str | Reference | Malformed, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        return tuple(p for p in self.pieces if isinstance(p, Reference))

    @property
    def malformed(self) -> tuple[Malformed, ...]:
        return tuple(p for p in self.pieces if isinstance(p, Malformed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What references mean for one node instance."""

    node: str
    replica: int
    run_dir: str
    topology: str
    directory: str
    sockets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The node's own sockets: name -> addresses, those it binds first."""
    nodes: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """node -> socket -> addresses, for the sockets of others."""


def has_expression(text: str) -> bool:
    """Whether the string must be evaluated."""
    return "${{" in text


def parse(text: str) -> Template:
    """Take a string apart. Never fails: what is no reference becomes Malformed."""
    pieces: list[str | Reference | Malformed] = []
    at = 0
    while (match := _START.search(text, at)) is not None:
        pieces.append(text[at : match.start()])
        if match.group() == "$${{":
            end = text.find("}}", match.end())
            end = len(text) if end < 0 else end + 2
            pieces.append(text[match.start() + 1 : end])
        else:
            piece = _reference(text, match.start(), match.end())
            pieces.append(piece)
            end = piece.end
        at = end
    pieces.append(text[at:])
    return Template(tuple(p for p in pieces if p != ""))


def _reference(text: str, start: int, inner: int) -> Reference | Malformed:
    close = text.find("}}", inner)
    if close < 0:
        return Malformed(start, len(text), "is never closed with `}}`")
    body = text[inner:close].strip()
    if not body:
        return Malformed(start, close + 2, "refers to nothing")
    if not _PATH.fullmatch(body):
        return Malformed(
            start, close + 2, "is no reference: words joined by dots are, such as `sockets.NAME.address`"
        )
    return Reference(tuple(body.split(".")), start, close + 2, text.index(body, inner))


def evaluate(text: str, scope: Scope) -> str:
    """The string with every reference replaced. Raises RunError where one has no value in `scope`."""
    if not has_expression(text):
        return text
    parts: list[str] = []
    for piece in parse(text).pieces:
        if isinstance(piece, Malformed):
            raise RunError(f"`{text[piece.start : piece.end]}` {piece.reason}")
        parts.append(piece if isinstance(piece, str) else _value(piece, scope))
    return "".join(parts)


def _value(reference: Reference, scope: Scope) -> str:
    wanted = reference.socket
    if wanted is not None:
        node, socket, facet = wanted
        sockets = scope.sockets if node is None else scope.nodes.get(node, {})
        return _facet(reference, sockets.get(socket, ()), facet)
    words = {
        "node.name": scope.node,
        "replica.index": str(scope.replica),
        "run.dir": scope.run_dir,
        "topology.name": scope.topology,
        "topology.dir": scope.directory,
    }
    value = words.get(reference.text)
    if value is None:
        raise RunError(f"`${{{{ {reference.text} }}}}` refers to nothing in this topology")
    return value


def _facet(reference: Reference, addresses: Sequence[str], facet: str) -> str:
    if not addresses:
        raise RunError(f"`${{{{ {reference.text} }}}}` has no value: the socket has no address yet")
    if facet == "addresses":
        return ",".join(addresses)
    if facet == "address":
        return addresses[0]
    scheme, _, rest = addresses[0].partition("://")
    host, _, port = rest.rpartition(":")
    if scheme != "tcp" or facet not in FACETS:
        raise RunError(
            f"`${{{{ {reference.text} }}}}` has no value: `{addresses[0]}` is no tcp address",
            "use `address`, or bind the socket to tcp",
        )
    return host if facet == "host" else port
