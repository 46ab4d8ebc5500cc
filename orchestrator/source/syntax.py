"""The parser's complaints about YAML, in words that say what to do."""

from __future__ import annotations

from typing import Any, Final

import yaml

from orchestrator.diagnostics import Diagnostic, Related
from orchestrator.source.codes import SEVERAL_DOCUMENTS, SYNTAX, TAB
from orchestrator.source.findings import error
from orchestrator.source.lines import split_lines
from orchestrator.span import Span

_WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "mapping values are not allowed",
        "a `:` is not expected here",
        "quote the text if the `: ` belongs to it; else check the indentation of this line",
    ),
    (
        "could not find expected ':'",
        "this line is neither `key: value` nor a list item",
        "write a `:` behind the key, or indent the line under what it belongs to",
    ),
    (
        "did not find expected key",
        "this does not line up with the keys before it",
        "indent the keys of one mapping alike; quote values that start with a quote and go on behind it",
    ),
    (
        "did not find expected '-' indicator",
        "this does not line up with the list before it",
        "indent the items of one list alike, each with `- `",
    ),
    (
        "did not find expected ',' or ']'",
        "a list that starts with `[` is not closed",
        "close it with `]`, and put `,` between its items",
    ),
    (
        "did not find expected ',' or '}'",
        "a mapping that starts with `{` is not closed",
        "close it with `}`, and put `,` between its entries",
    ),
    (
        "did not find expected node content",
        "a value is missing here",
        "write the value, or close the bracket",
    ),
    (
        "did not find expected <document start>",
        "this stands behind the end of the document",
        "check the brackets and the indentation before it",
    ),
    (
        "found unexpected end of stream",
        "the file ends within a quoted text",
        "close the quote",
    ),
    (
        "found unknown escape character",
        "this backslash escapes nothing that YAML knows",
        "double it (`\\\\`), or use single quotes, in which a backslash is a backslash",
    ),
    (
        "found undefined alias",
        "this alias names no anchor",
        "define it before its use with `&name`, or quote the text if it starts with `*`",
    ),
    (
        "found duplicate anchor",
        "this anchor is defined twice",
        "give one of the two another name",
    ),
    (
        "found character that cannot start any token",
        "no value can start with this character",
        "put the text in quotes",
    ),
    (
        "found unexpected ':'",
        "a `:` is not expected here",
        "put the text in quotes",
    ),
    (
        "block sequence entries are not allowed",
        "a list item can't start here",
        "start the list on the next line, indented",
    ),
    (
        "did not find expected alphabetic or numeric character",
        "an anchor or alias needs a name",
        "quote the text if it starts with `*` or `&`",
    ),
    (
        "found undefined tag handle",
        "this tag is not defined",
        "remove it, or quote the text if it starts with `!`",
    ),
)


def explain_syntax(problem: yaml.YAMLError, file: str, text: str) -> Diagnostic:
    """A finding for what the parser says."""
    mark: Any = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    if mark is None:
        return error(SYNTAX, f"`{file}` is not YAML: {problem}", Span(file, 1, 1, 1, 1))
    span = _span(file, text, mark)
    said = str(getattr(problem, "problem", None) or "")
    context = str(getattr(problem, "context", None) or "")
    if "expected a single document" in context:
        return _several_documents(span)
    if "cannot start any token" in said and _is_tab(text, mark):
        return error(TAB, "this line is indented with a tab", span, help="YAML is indented with blanks only")
    if "unexpected end of stream" in said:
        return _unclosed_quote(problem, file, text, span)
    message, remedy = _in_words(said)
    if "expected ',' or" in said and "${" in _line(text, mark.line):
        remedy = "write `key: ${…}` on a line of its own: within `{…}` and `[…]` braces have a meaning"
    return error(SYNTAX, message, span, help=remedy, related=_related(problem, file, text, span))


def _in_words(said: str) -> tuple[str, str | None]:
    for start, message, remedy in _WORDS:
        if start in said:
            return message, remedy
    return f"this is not YAML: {said}", None


def _line(text: str, number: int) -> str:
    lines = split_lines(text)
    return lines[number] if number < len(lines) else ""


def _several_documents(span: Span) -> Diagnostic:
    return error(
        SEVERAL_DOCUMENTS,
        "a second document starts here",
        span,
        help="one file is one topology: give the other a file of its own, and join the two by `include`",
    )


def _unclosed_quote(problem: yaml.YAMLError, file: str, text: str, end: Span) -> Diagnostic:
    start: Any = getattr(problem, "context_mark", None)
    span = end if start is None else _span(file, text, start)
    return error(
        SYNTAX, "this quote is never closed", span, help="close it on the line on which the text ends"
    )


def _related(problem: yaml.YAMLError, file: str, text: str, span: Span) -> tuple[Related, ...]:
    start: Any = getattr(problem, "context_mark", None)
    if start is None or (start.line + 1, start.column + 1) == (span.line, span.column):
        return ()
    return (Related(str(getattr(problem, "context", "")), _span(file, text, start)),)


def _is_tab(text: str, mark: Any) -> bool:
    return text[mark.index : mark.index + 1] == "\t"


def _span(file: str, text: str, mark: Any) -> Span:
    """One character at the mark; a mark behind the last line is put at the end of the text."""
    lines = split_lines(text)
    line, column = mark.line, mark.column
    while line > 0 and (line >= len(lines) or (line == len(lines) - 1 and not lines[line])):
        line -= 1
        column = len(lines[line]) if line < len(lines) else 0
    return Span(file, line + 1, column + 1, line + 1, column + 2)
