"""`${{ … }}` in everything a node is made of: evaluated once per instance."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar, cast

from orchestrator.errors import OrchestratorError, RunError
from orchestrator.model.expressions import Scope, evaluate, has_expression, parse
from orchestrator.model.types import (
    ExecProbe,
    FileProbe,
    ForeignProgram,
    Health,
    LogProbe,
    Node,
    Probe,
    ProbeKind,
    TcpProbe,
    ZmqProbe,
)
from orchestrator.span import Span
from orchestrator.vocabulary import JsonValue

_P = TypeVar("_P", Probe, Health)


class Expander:
    """Evaluates the texts of one instance. Raises RunError with the place of a text that has no value."""

    def __init__(self, scope: Scope, cwd: str) -> None:
        self._scope = scope
        self._cwd = cwd

    def text(self, text: str, span: Span) -> str:
        """One text."""
        if not has_expression(text):
            return text
        try:
            return evaluate(text, self._scope)
        except OrchestratorError as error:
            raise RunError(f"{span}: {error.message}", error.remedy) from error

    def texts(self, texts: tuple[str, ...], span: Span) -> tuple[str, ...]:
        return tuple(self.text(text, span) for text in texts)

    def mapping(self, values: Mapping[str, str], span: Span) -> dict[str, str]:
        return {name: self.text(value, span) for name, value in values.items()}

    def data(self, value: JsonValue, span: Span) -> JsonValue:
        """Every text within plain data."""
        if isinstance(value, str):
            return self.text(value, span)
        if isinstance(value, list):
            return [self.data(item, span) for item in value]
        if isinstance(value, Mapping):
            return {name: self.data(item, span) for name, item in value.items()}
        return value

    def probe(self, probe: _P | None) -> _P | None:
        """A probe with nothing left to evaluate, its file as an absolute path."""
        if probe is None:
            return None
        kind = self._kind(probe.kind, probe.span)
        return probe if kind is probe.kind else replace(probe, kind=kind)

    def _kind(self, kind: ProbeKind, span: Span) -> ProbeKind:
        match kind:
            case TcpProbe():
                return TcpProbe(targets=self.texts(kind.targets, span))
            case FileProbe():
                return FileProbe(path=os.path.join(self._cwd, self.text(kind.path, span)))  # noqa: PTH118
            case LogProbe():
                return LogProbe(pattern=self.text(kind.pattern, span))
            case ExecProbe():
                return ExecProbe(argv=self.texts(kind.argv, span))
            case ZmqProbe():
                send, expect = kind.send, kind.expect
                return ZmqProbe(
                    socket=kind.socket,
                    send=None if send is None else self.text(send, span),
                    expect=None if expect is None else self.text(expect, span),
                )
            case _:
                return kind


def referenced_sockets(node: Node) -> Iterator[str]:
    """`node.socket` of every socket whose address is asked for by an expression of this node."""
    for text in _texts(node):
        if has_expression(text):
            for reference in parse(text).references:
                if reference.socket is not None:
                    owner, socket, _ = reference.socket
                    yield f"{owner or node.name}.{socket}"


def has_expressions(node: Node) -> bool:
    """Whether anything in the node beside its sockets is to be evaluated."""
    return any(has_expression(text) for text in _texts(node))


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node.program, ForeignProgram):
        yield from node.program.argv
    yield from node.env.values()
    yield node.stdin or ""
    yield node.cwd or ""
    if node.params:
        yield from _texts_within(cast("JsonValue", node.params))
    for probe in (node.ready, node.done, node.health):
        if probe is not None:
            yield from _texts_of_probe(probe.kind)


def _texts_of_probe(kind: ProbeKind) -> Iterator[str]:
    match kind:
        case TcpProbe():
            yield from kind.targets
        case FileProbe():
            yield kind.path
        case LogProbe():
            yield kind.pattern
        case ExecProbe():
            yield from kind.argv
        case ZmqProbe():
            yield kind.send or ""
            yield kind.expect or ""
        case _:
            return


def _texts_within(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts_within(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts_within(item)
