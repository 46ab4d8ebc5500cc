"""Whether every `${{ … }}` in the file refers to something, and stands where something can be referred to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from orchestrator.model.codes import EXPRESSION_PLACE, EXPRESSION_SYNTAX, UNKNOWN_REFERENCE
from orchestrator.model.expressions import FACETS, WORDS, Malformed, Reference, has_expression, parse
from orchestrator.model.parts import Findings, did_you_mean, listing
from orchestrator.model.types import Node, Socket, Topology
from orchestrator.vocabulary import Path

_NODE_FIELDS: Final = frozenset({"command", "env", "stdin", "cwd", "params"})
_PROBE_FIELDS: Final = frozenset({"tcp", "file", "log", "exec"})
_SOCKET_FIELDS: Final = frozenset({"bind", "connect", "subscribe", "topics"})
_OPTION_FIELDS: Final = frozenset({"routing_id", "identity", "connect_routing_id"})
_PROSE: Final = frozenset({"description"})


def check_expressions(topology: Topology, findings: Findings) -> None:
    """Look at every string of the file that holds `${{`."""
    sources = findings.document.sources
    if sources and not any("${{" in text for text in sources.values()):
        return
    for path, text in _strings(findings.document.data, ()):
        _check_string(text, path, topology, findings)


def _strings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if has_expression(value):
            yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _PROSE and not key.startswith("x-"):
                yield from _strings(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index))


def _check_string(text: str, path: Path, topology: Topology, findings: Findings) -> None:
    words = _words_allowed(path)
    for piece in parse(text).pieces:
        if isinstance(piece, str):
            continue
        span = findings.document.inside(path, text, piece.start, piece.end)
        shown = f"`{text[piece.start : piece.end]}`"
        if isinstance(piece, Malformed):
            message = f"{shown} {piece.reason}"
            findings.error(EXPRESSION_SYNTAX, message, path, span=span, remedy=_SYNTAX_REMEDY)
        elif words is None:
            message = f"{shown} stands where nothing can be referred to"
            findings.error(EXPRESSION_PLACE, message, path, span=span, remedy=_PLACE_REMEDY)
        elif not _is_allowed(piece, words):
            message = f"{shown} can't be used here: it is not known yet when this is read"
            remedy = f"here may stand {listing(words)}"
            findings.error(EXPRESSION_PLACE, message, path, span=span, remedy=remedy)
        else:
            problem = _problem(piece, path, topology)
            if problem is not None:
                inner = findings.document.inside(path, text, piece.inner, piece.inner + len(piece.text))
                findings.error(UNKNOWN_REFERENCE, problem[0], path, span=inner, remedy=problem[1])


_SYNTAX_REMEDY: Final = "for example `${{ sockets.NAME.address }}`; write `$${{` for a literal `${{`"
_PLACE_REMEDY: Final = (
    "it may stand in `command`, `env`, `stdin`, `cwd`, `params`, probes, addresses, topics and `routing_id`"
)

_ALL: Final = ("sockets", "nodes", *WORDS)
_WITHOUT_SOCKETS: Final = WORDS
_RUN_ONLY: Final = ("run.dir", "topology.name", "topology.dir")


def _words_allowed(path: Path) -> tuple[str, ...] | None:
    """What a string at `path` may refer to; None when it may not at all."""
    match path:
        case ("nodes", _, "sockets", _, field, *_) if field in _SOCKET_FIELDS:
            return _WITHOUT_SOCKETS
        case ("nodes", _, "sockets", _, "options", option) if option in _OPTION_FIELDS:
            return _WITHOUT_SOCKETS
        case ("nodes", _, "ready" | "done" | "health", field, *_) if field in _PROBE_FIELDS:
            return _ALL
        case ("nodes", _, "ready" | "done" | "health", "zmq", "send" | "expect"):
            return _ALL
        case ("nodes", _, field, *_) if field in _NODE_FIELDS:
            return _ALL
        case ("endpoints", _, "address") | ("hooks", _, "command", *_):
            return _RUN_ONLY
        case ("defaults", "env" | "cwd", *_):
            return ("nodes", *WORDS)
        case _:
            return None


def _is_allowed(reference: Reference, words: tuple[str, ...]) -> bool:
    if reference.words[0] in ("sockets", "nodes"):
        return reference.words[0] in words
    return reference.text in words or reference.text not in WORDS  # what nobody knows is said in better words


def _problem(reference: Reference, path: Path, topology: Topology) -> tuple[str, str] | None:
    """Why a reference leads nowhere, and what to do; None when it is fine."""
    if reference.words[0] in ("sockets", "nodes"):
        return _socket_problem(reference, path, topology)
    if reference.text in WORDS:
        return None
    known = (*WORDS, "sockets.NAME.address", "nodes.NODE.sockets.NAME.address")
    return f"`{reference.text}` is nothing that can be referred to", did_you_mean(
        reference.text, WORDS, f"there are {listing(known)}"
    )


def _socket_problem(reference: Reference, path: Path, topology: Topology) -> tuple[str, str] | None:
    own = topology.nodes.get(str(path[1])) if path[0] == "nodes" else None
    node = own if reference.words[0] == "sockets" else topology.nodes.get("".join(reference.words[1:2]))
    if node is None:
        name = "".join(reference.words[1:2])
        return f"there is no node `{name}`", did_you_mean(
            name, topology.nodes, f"nodes are {listing(topology.nodes)}"
        )
    wanted = reference.socket
    if wanted is None:
        return f"`{reference.text}` is incomplete", f"write {_completed(reference, node)}"
    socket = node.sockets.get(wanted[1])
    if socket is None:
        otherwise = (
            f"its sockets are {listing(node.sockets)}" if node.sockets else "declare it under `sockets`"
        )
        return f"`{node.name}` has no socket `{wanted[1]}`", did_you_mean(wanted[1], node.sockets, otherwise)
    if wanted[2] not in FACETS:
        return f"a socket has no `{wanted[2]}`", did_you_mean(
            wanted[2], FACETS, f"there are {listing(FACETS)}"
        )
    return _facet_problem(wanted[2], socket)


def _completed(reference: Reference, node: Node) -> str:
    socket = next(
        (name for name in node.sockets if name in reference.words), next(iter(node.sockets), "NAME")
    )
    whole = f"sockets.{socket}.address"
    return f"`{whole}`" if reference.words[0] == "sockets" else f"`nodes.{node.name}.{whole}`"


def _facet_problem(facet: str, socket: Socket) -> tuple[str, str] | None:
    addresses = (*socket.binds, *socket.connects)
    if not addresses:
        return f"`{socket.ref}` has no address", "give it a `bind` or a `connect`"
    first = addresses[0].text
    if facet in ("host", "port") and (first == "auto" or ("://" in first and not first.startswith("tcp://"))):
        return (
            f"`{first}` of `{socket.ref}` has no {facet}",
            "use `address`, or give the socket a tcp address",
        )
    return None
