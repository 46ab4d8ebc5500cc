"""One way to make an error about a file."""

from __future__ import annotations

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.span import Span
from orchestrator.vocabulary import Path


def error(
    code: str,
    message: str,
    span: Span,
    *,
    help: str | None = None,  # noqa: A002 - the field's name
    related: tuple[Related, ...] = (),
    path: Path = (),
) -> Diagnostic:
    """A Diagnostic of severity error."""
    return Diagnostic(
        code=code, severity=Severity.ERROR, message=message, span=span, related=related, help=help, path=path
    )
