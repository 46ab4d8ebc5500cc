"""Between this project's places (code points from 1) and the protocol's (code units from 0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lsprotocol import types
from pygls.uris import from_fs_path
from pygls.workspace import PositionCodec, ServerTextPosition, ServerTextRange

from orchestrator.diagnostics import Diagnostic, Fix, Severity
from orchestrator.lsp.names import Kind
from orchestrator.span import Span, split_lines

SOURCE: Final = "orchestrator"
_SEVERITY: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
SYMBOL: Final = {
    Kind.NODE: types.SymbolKind.Class,
    Kind.SOCKET: types.SymbolKind.Interface,
    Kind.MESSAGE: types.SymbolKind.Struct,
    Kind.ENDPOINT: types.SymbolKind.Constant,
}
COMPLETION: Final = {
    Kind.NODE: types.CompletionItemKind.Class,
    Kind.SOCKET: types.CompletionItemKind.Interface,
    Kind.MESSAGE: types.CompletionItemKind.Struct,
    Kind.ENDPOINT: types.CompletionItemKind.Constant,
    None: types.CompletionItemKind.EnumMember,
}


def uri_of(file: str) -> str:
    """The URI of a file; what is no path (an unsaved buffer's name) is one already."""
    return file if "://" in file or file.startswith("untitled:") else from_fs_path(file) or file


class Converter:
    """Knows how the client counts, and the lines of the files that places are in."""

    def __init__(self, codec: PositionCodec, sources: Mapping[str, str]) -> None:
        self._codec = codec
        self._lines = {file: split_lines(text) for file, text in sources.items()}

    def range(self, span: Span) -> types.Range:
        lines = self._lines.get(span.file, [])
        exact = ServerTextRange(
            ServerTextPosition(span.line - 1, span.column - 1),
            ServerTextPosition(span.end_line - 1, span.end_column - 1),
        )
        return (
            self._codec.range_to_client_units(lines, exact)
            if lines
            else types.Range(
                types.Position(span.line - 1, span.column - 1),
                types.Position(span.end_line - 1, span.end_column - 1),
            )
        )

    def location(self, span: Span) -> types.Location:
        return types.Location(uri_of(span.file), self.range(span))

    def diagnostic(self, finding: Diagnostic) -> types.Diagnostic:
        help_ = f"\nhelp: {finding.help}" if finding.help else ""
        return types.Diagnostic(
            range=self.range(finding.span),
            message=finding.message + help_,
            severity=_SEVERITY[finding.severity],
            code=finding.code,
            source=SOURCE,
            related_information=[
                types.DiagnosticRelatedInformation(self.location(r.span), r.message) for r in finding.related
            ],
        )

    def action(self, finding: Diagnostic, fix: Fix) -> types.CodeAction:
        """A quick fix; a safe one is the editor's first choice."""
        edits: dict[str, list[types.TextEdit]] = {}
        for edit in fix.edits:
            edits.setdefault(uri_of(edit.span.file), []).append(
                types.TextEdit(self.range(edit.span), edit.text)
            )
        return types.CodeAction(
            title=fix.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[self.diagnostic(finding)],
            edit=types.WorkspaceEdit(changes=dict(edits)),
            is_preferred=fix.safe,
        )
