"""From a topology and the text of its files to an index of its names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.lsp.names import Index, Kind, Name, Use
from orchestrator.model.types import (
    Address,
    Node,
    PeersProbe,
    ProbeKind,
    Socket,
    TcpProbe,
    Topology,
    ZmqProbe,
)
from orchestrator.span import NOWHERE, Span, split_lines
from orchestrator.vocabulary import Path

_EXPRESSION: Final = re.compile(r"(?<!\$)\$\{\{(.*?)\}\}")
_REFERENCE: Final = re.compile(r"(?:\bnodes\.(?P<node>[\w-]+)\.)?\bsockets\.(?P<socket>[\w-]+)")


def build(topology: Topology, sources: Mapping[str, str]) -> Index:
    """Index every node, socket, message and endpoint of `topology`; `sources` are its files' texts."""
    return _Builder(topology, sources).build()


class _Builder:
    def __init__(self, topology: Topology, sources: Mapping[str, str]) -> None:
        self._topology = topology
        self._lines = {file: split_lines(text) for file, text in sources.items()}
        self._bodies: dict[Name, Span] = {}

    def build(self) -> Index:
        uses = [*self._definitions()]
        for node in self._topology.nodes.values():
            uses += self._of_node(node)
        index = Index.of(uses, self._bodies)
        return Index.of([*uses, *self._expressions(index)], self._bodies)

    # -- definitions

    def _definitions(self) -> Iterator[Use]:
        for node in self._topology.nodes.values():
            yield from self._definition(Name(Kind.NODE, node.name), node.path)
            for socket in node.sockets.values():
                yield from self._definition(_socket(socket), socket.path)
        for message in self._topology.messages.values():
            yield from self._definition(Name(Kind.MESSAGE, message.name), message.path)
        for endpoint in self._topology.endpoints.values():
            yield from self._definition(Name(Kind.ENDPOINT, endpoint.name), endpoint.path)

    def _definition(self, name: Name, path: Path) -> Iterator[Use]:
        key = self._topology.key_place(*path)
        if key == NOWHERE:
            return
        body = self._topology.place(*path)
        self._bodies[name] = Span(key.file, key.line, key.column, body.end_line, body.end_column)
        yield from self._use(name, key, name.text, defines=True)

    # -- references

    def _of_node(self, node: Node) -> Iterator[Use]:
        for dependency in node.depends_on:
            yield from self._use(Name(Kind.NODE, dependency.node), dependency.span, dependency.node)
        for probe in (node.ready, node.done, node.health):
            if probe is not None:
                yield from self._of_probe(node, probe.kind, probe.span)
        if node.dead_letter is not None and node.dead_letter in node.sockets:
            letters = node.sockets[node.dead_letter]
            yield from self._use(
                _socket(letters), self._topology.place(*node.path, "dead_letter"), letters.name
            )
        for socket in node.sockets.values():
            yield from self._allowed(socket)
            for address in (*socket.binds, *socket.connects):
                yield from self._of_address(address)
            if socket.message is not None:
                place = self._topology.place(*socket.path, "message")
                yield from self._use(Name(Kind.MESSAGE, socket.message), place, socket.message)

    def _allowed(self, socket: Socket) -> Iterator[Use]:
        for index, name in enumerate((socket.security and socket.security.allow) or ()):
            if name in self._topology.nodes:
                place = self._topology.place(*socket.path, "security", "allow", index)
                yield from self._use(Name(Kind.NODE, name), place, name)

    def _of_address(self, address: Address) -> Iterator[Use]:
        if address.text in self._topology.endpoints:
            yield from self._use(Name(Kind.ENDPOINT, address.text), address.span, address.text)
            return
        socket = self._topology.socket(address.text)
        if socket is not None:
            yield from self._use(
                Name(Kind.NODE, socket.node), address.span, address.text, 0, len(socket.node)
            )
            yield from self._use(_socket(socket), address.span, address.text, len(socket.node) + 1)

    def _of_probe(self, node: Node, kind: ProbeKind, span: Span) -> Iterator[Use]:
        match kind:
            case TcpProbe():
                named: tuple[str, ...] = kind.targets
            case ZmqProbe() | PeersProbe():
                named = (kind.socket,)
            case _:
                return
        for name in named:
            if name in node.sockets:
                yield from self._words(_socket(node.sockets[name]), span, name)

    def _expressions(self, index: Index) -> Iterator[Use]:
        for file, lines in self._lines.items():
            for number, line in enumerate(lines, 1):
                if "${{" not in line:
                    continue
                for expression in _EXPRESSION.finditer(line):
                    yield from self._of_expression(index, file, number, expression)

    def _of_expression(self, index: Index, file: str, line: int, found: re.Match[str]) -> Iterator[Use]:
        for reference in _REFERENCE.finditer(found[1]):
            start = found.start(1) + 1

            def span(group: str, match: re.Match[str] = reference, start: int = start) -> Span:
                return Span(file, line, start + match.start(group), line, start + match.end(group))

            node = reference["node"] or index.node_at(file, line)
            if reference["node"]:
                yield Use(Name(Kind.NODE, reference["node"]), span("node"))
            if node is not None:
                yield Use(Name(Kind.SOCKET, reference["socket"], node), span("socket"))

    # -- places

    def _use(
        self,
        name: Name,
        span: Span,
        written: str,
        start: int = 0,
        end: int | None = None,
        defines: bool = False,
    ) -> Iterator[Use]:
        """A use of `name` at written[start:end], where `written` stands within `span` (perhaps quoted)."""
        line = self._line(span)
        at = line.find(written, span.column - 1)
        if at < 0 or span.line != span.end_line:
            return
        stop = len(written) if end is None else end
        yield Use(name, Span(span.file, span.line, at + start + 1, span.line, at + stop + 1), defines)

    def _words(self, name: Name, span: Span, word: str) -> Iterator[Use]:
        """Where a word stands by itself as a value within the lines of `span`."""
        pattern = re.compile(rf"(?<=[:\[,\s'\"-])(?<![\w.-]){re.escape(word)}(?![\w.:-])")
        for number in range(span.line, span.end_line + 1):
            line = self._line(Span(span.file, number, 1, number, 1))
            last = span.end_column - 1 if number == span.end_line else len(line)
            found = pattern.search(line, span.column - 1 if number == span.line else 0, last)
            if found:
                column = found.start() + 1
                yield Use(name, Span(span.file, number, column, number, column + len(word)))
                return

    def _line(self, span: Span) -> str:
        lines = self._lines.get(span.file, [])
        return lines[span.line - 1] if 0 < span.line <= len(lines) else ""


def _socket(socket: Socket) -> Name:
    return Name(Kind.SOCKET, socket.name, socket.node)
