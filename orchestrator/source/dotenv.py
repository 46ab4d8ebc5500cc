"""`.env` files: NAME=value lines, as docker compose and python-dotenv read them. Pure: text in, values out.

`#` starts a comment, at the start of a line or after a blank; `export ` in front is allowed; a value in
single quotes is literal, one in double quotes knows the escapes of C; quoted values may span lines. Variables
in values are not replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from orchestrator.diagnostics import Diagnostic
from orchestrator.source.codes import DOTENV
from orchestrator.source.findings import error
from orchestrator.span import Span

_ASSIGNMENT: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*")
_SINGLE: Final = re.compile(r"'([^']*)'")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_REST: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_LINE: Final = re.compile(r"[^\n]*(?:\n|\Z)")
_COMMENT: Final = re.compile(r"(?:^|[ \t]+)#.*")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DotEnv:
    values: dict[str, str]
    diagnostics: tuple[Diagnostic, ...]


def parse_dotenv(text: str, file: str) -> DotEnv:
    """Read the text of an env file; lines that set nothing are findings. A later line wins."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    values: dict[str, str] = {}
    findings: list[Diagnostic] = []
    at, line = 0, 1
    while at < len(text):
        end = _entry(text, at, values)
        if end is None:
            end = _line_end(text, at)
            findings.append(_malformed(text[at:end].rstrip("\n"), file, line))
        line += text.count("\n", at, end)
        at = end
    return DotEnv(values, tuple(findings))


def _entry(text: str, at: int, values: dict[str, str]) -> int | None:
    """Read one entry into `values` and say where the next begins; None when the line is none."""
    line = text[at : _line_end(text, at)]
    if not line.strip() or line.lstrip().startswith("#"):
        return at + len(line)
    match = _ASSIGNMENT.match(text, at)
    if match is None:
        return None
    start = match.end()
    for pattern, escapes in ((_SINGLE, False), (_DOUBLE, True)):
        quoted = pattern.match(text, start)
        rest = quoted and _REST.match(text, quoted.end())
        if quoted and rest:
            values[match.group(1)] = _ESCAPE.sub(_unescape, quoted.group(1)) if escapes else quoted.group(1)
            return rest.end()
    if text[start : start + 1] in ("'", '"'):
        return None
    end = _line_end(text, start)
    values[match.group(1)] = _COMMENT.sub("", text[start:end].rstrip("\n")).strip()
    return end


def _line_end(text: str, at: int) -> int:
    match = _LINE.match(text, at)
    return match.end() if match else len(text)


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match.group(1), match.group(1))


def _malformed(line: str, file: str, number: int) -> Diagnostic:
    start = len(line) - len(line.lstrip()) + 1
    return error(
        DOTENV,
        f"this line of `{file}` sets no variable",
        Span(file, number, start, number, max(start + 1, len(line.rstrip()) + 1)),
        help="write `NAME=value`; close every quote, and start comments with `#`",
    )
