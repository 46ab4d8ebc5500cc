"""Fixes that write another scalar in the place of one. Where that can't be done for sure, there is no fix."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.diagnostics import Edit, Fix
from orchestrator.source.document import Document
from orchestrator.source.scalars import resolve_plain
from orchestrator.vocabulary import Path

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
"""What needs no quotes anywhere in YAML, unless it is a word for something else."""
_YAML_1_1: Final = frozenset({"y", "n", "yes", "no", "on", "off"})


def replacing(document: Document, path: Path, value: str, *, safe: bool) -> Fix | None:
    """Write the text `value` for the scalar at `path`, with the quotes that stand there already.

    None for what is no scalar of one line, holds a variable, has a tag or an anchor, or stands in no file.
    """
    raw = document.raw(path)
    if raw is None:
        return None
    quote = raw[0] if raw[0] in "'\"" else ""
    is_word = _WORD.fullmatch(value) is not None
    if not is_word or (not quote and not _is_text(value)):
        quote = '"'
    if quote and re.search(r"[\\\"'\x00-\x1f\x7f-\x9f\u2028\u2029]|\$\{", value):
        return None
    return _fix(document, path, f"{quote}{value}{quote}", safe=safe)


def quoting(document: Document, path: Path, *, unit: str = "", safe: bool) -> Fix | None:
    """Make a plain number text: put it in quotes, or give it a unit."""
    raw = document.raw(path)
    if raw is None or raw[0] in "'\"":
        return None
    return _fix(document, path, f"{raw}{unit}" if unit else f'"{raw}"', safe=safe)


def plain(document: Document, path: Path, text: str, *, safe: bool) -> Fix | None:
    """Write `text` without quotes, so that YAML makes a number or a truth value of it."""
    return None if document.raw(path) is None else _fix(document, path, text, safe=safe)


def _is_text(value: str) -> bool:
    return isinstance(resolve_plain(value), str) and value.lower() not in _YAML_1_1


def _fix(document: Document, path: Path, raw: str, *, safe: bool) -> Fix:
    return Fix(title=f"Write `{raw}`", edits=(Edit(document.place(path), raw),), safe=safe)
