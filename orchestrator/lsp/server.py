"""The protocol: requests in, answers out. What the answers are lives in the pure modules beside this one."""

from __future__ import annotations

import dataclasses
import re
from importlib.metadata import version
from typing import Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.workspace import PositionCodec, ServerTextPosition

from orchestrator.app.policy import Overrides
from orchestrator.lsp import completion, hover, python_source
from orchestrator.lsp.analysis import Analysis
from orchestrator.lsp.convert import COMPLETION, SYMBOL, Converter
from orchestrator.lsp.name_rules import name_rule
from orchestrator.lsp.names import Use
from orchestrator.lsp.outline import Entry, outline
from orchestrator.lsp.session import Session
from orchestrator.model.types import PythonProgram
from orchestrator.span import split_lines


def make_server(*, own_rules: bool = False) -> LanguageServer:
    """A server with every feature, not yet connected to anybody.

    `own_rules`: run the Python files that a project's settings name as rules.
    """
    server = LanguageServer("orchestrator", version("zmq-orchestrator"))
    session = Session(server, Overrides(python_of_settings=own_rules))
    _files(server, session)
    _navigation(server, session)
    _editing(server, session)
    return server


def _files(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        session.check_soon(params.text_document.uri, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        session.check_soon(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        session.check_soon(params.text_document.uri, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        session.forget(params.text_document.uri)


def _navigation(server: LanguageServer, session: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> types.Location | None:
        analysis = await session.current(params.text_document.uri)
        line, column = _position(server, params)
        use = analysis.index.at(analysis.file, line, column)
        if use is None:
            return _python(analysis, line, column)
        found = analysis.index.definition(use.name)
        return None if found is None else session.converter(analysis).location(found.span)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def references(params: types.ReferenceParams) -> list[types.Location]:
        analysis = await session.current(params.text_document.uri)
        use = analysis.index.at(analysis.file, *_position(server, params))
        if use is None:
            return []
        converter = session.converter(analysis)
        return [
            converter.location(other.span)
            for other in analysis.index.of_name(use.name)
            if params.context.include_declaration or not other.defines
        ]

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def show(params: types.HoverParams) -> types.Hover | None:
        analysis = await session.current(params.text_document.uri)
        use = analysis.index.at(analysis.file, *_position(server, params))
        if use is None or analysis.topology is None:
            return None
        text = hover.hover(analysis.topology, use.name)
        if text is None:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, text)
        return types.Hover(content, session.converter(analysis).range(use.span))

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        analysis = await session.current(params.text_document.uri)
        if analysis.topology is None:
            return []
        converter = session.converter(analysis)
        return [_symbol(converter, e) for e in outline(analysis.topology, analysis.index, analysis.file)]


def _editing(server: LanguageServer, session: Session) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[" ", ".", "[", "{", "-"])
    )
    async def complete(params: types.CompletionParams) -> types.CompletionList:
        analysis = session.latest(params.text_document.uri) or await session.current(params.text_document.uri)
        document = server.workspace.get_text_document(params.text_document.uri)
        lines = split_lines(document.source)
        at = document.position_from_client_units(params.position)
        found = completion.complete(analysis.topology, lines, at.line, at.character)
        return types.CompletionList(
            is_incomplete=False, items=[_item(server, lines, at, candidate) for candidate in found]
        )

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare(params: types.PrepareRenameParams) -> types.Range | None:
        analysis = await session.current(params.text_document.uri)
        use = analysis.index.at(analysis.file, *_position(server, params))
        return None if use is None else session.converter(analysis).range(use.span)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        analysis = await session.current(params.text_document.uri)
        use = analysis.index.at(analysis.file, *_position(server, params))
        if use is None:
            return None
        _refuse_bad_name(params.new_name, use)
        converter = session.converter(analysis)
        changes: dict[str, list[types.TextEdit]] = {}
        for other in analysis.index.of_name(use.name):
            place = converter.location(other.span)
            changes.setdefault(place.uri, []).append(types.TextEdit(place.range, params.new_name))
        return types.WorkspaceEdit(changes=dict(changes))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        analysis = await session.current(params.text_document.uri)
        converter = session.converter(analysis)
        return [
            converter.action(finding, finding.fix)
            for finding in analysis.findings
            if finding.fix is not None
            and finding.span.file == analysis.file
            and _touch(converter.range(finding.span), params.range)
        ]


# -- small steps


class _At(Protocol):
    """The parameters of every request about a position."""

    @property
    def text_document(self) -> types.TextDocumentIdentifier: ...
    @property
    def position(self) -> types.Position: ...


def _position(server: LanguageServer, params: _At) -> tuple[int, int]:
    """Line and column, counted from 1 in code points."""
    document = server.workspace.get_text_document(params.text_document.uri)
    at = document.position_from_client_units(params.position)
    return at.line + 1, at.character + 1


def _python(analysis: Analysis, line: int, column: int) -> types.Location | None:
    """`run: module:name` leads to the code."""
    if analysis.topology is None:
        return None
    for node in analysis.topology.nodes.values():
        program = node.program
        if not isinstance(program, PythonProgram):
            continue
        span = program.span
        if (span.file, span.line) == (analysis.file, line) and span.column <= column <= span.end_column:
            found = python_source.find(program.target, analysis.topology.directory)
            return None if found is None else Converter(PositionCodec(), {}).location(found)
    return None


def _symbol(converter: Converter, entry: Entry) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=entry.name.text,
        kind=SYMBOL[entry.name.kind],
        range=converter.range(entry.body),
        selection_range=converter.range(entry.place),
        detail=entry.detail,
        children=[_symbol(converter, child) for child in entry.children],
    )


def _item(
    server: LanguageServer, lines: list[str], at: ServerTextPosition, candidate: completion.Candidate
) -> types.CompletionItem:
    start = dataclasses.replace(at, character=at.character - candidate.typed)
    codec = server.workspace.position_codec
    place = types.Range(
        codec.position_to_client_units(lines, start), codec.position_to_client_units(lines, at)
    )
    return types.CompletionItem(
        label=candidate.text,
        detail=candidate.detail,
        kind=COMPLETION[candidate.kind],
        sort_text=f"{candidate.rank}{candidate.text}",
        filter_text=candidate.text,
        text_edit=types.TextEdit(place, candidate.text),
    )


def _touch(one: types.Range, other: types.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _refuse_bad_name(name: str, use: Use) -> None:
    """Raise what the editor shows when the new name is none."""
    rule = name_rule(use.name.kind)
    if not re.search(rule.pattern, name):
        raise JsonRpcInvalidParams(f"`{name}` is not {rule.title}")
