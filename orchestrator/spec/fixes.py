"""Fixes of what the schema refuses, where the remedy is mechanical."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from orchestrator.diagnostics import Fix
from orchestrator.source import KEY, Document
from orchestrator.source.replacing import plain, quoting, replacing
from orchestrator.spec.guesses import is_only_guess
from orchestrator.spec.words import truth_of
from orchestrator.vocabulary import Path

_DIGITS: Final = re.compile(r"[0-9]+")


def renamed_key(document: Document, path: Path, guess: str | None, known: list[str]) -> Fix | None:
    """Another name for the key at `path`. Safe where it differs by case and dashes alone."""
    key = path[-1]
    if guess is None or not isinstance(key, str) or not is_only_guess(key, guess, known):
        return None
    return replacing(document, (*path, KEY), guess, safe=_plain_form(key) == guess)


def other_choice(
    document: Document, path: Path, given: str, guess: str | None, allowed: list[str]
) -> Fix | None:
    """Another word for the value at `path`. Safe where it differs by case alone."""
    if guess is None or not is_only_guess(given, guess, allowed):
        return None
    return replacing(document, path, guess, safe=given.lower() == guess.lower())


def other_type(document: Document, path: Path, value: object, schema: dict[str, Any]) -> Fix | None:
    """The same scalar in the form that makes YAML take it for the type that is wanted."""
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if isinstance(value, str):
        return _from_text(document, path, value, kinds)
    if isinstance(value, bool) or not isinstance(value, int | float) or "string" not in kinds:
        return None
    if "duration" in schema.get("title", ""):
        return with_unit(document, path, schema)
    return quoting(document, path, safe=True) if _fits(document.written(path), schema) else None


def with_unit(document: Document, path: Path, schema: dict[str, Any]) -> Fix | None:
    """Seconds, for a duration that is a bare number. Unsafe: other tools count in milliseconds."""
    written = (document.written(path) or "").strip()
    if not written or not _fits(f"{written}s", schema):
        return None
    return quoting(document, path, unit="s", safe=False) or replacing(
        document, path, f"{written}s", safe=False
    )


def _from_text(document: Document, path: Path, value: str, kinds: Iterable[str]) -> Fix | None:
    if "boolean" in kinds:
        truth = truth_of(value)
        return None if truth is None else plain(document, path, truth, safe=True)
    if "integer" in kinds and _DIGITS.fullmatch(value):
        return plain(document, path, str(int(value)), safe=True)
    return None


def _fits(text: str | None, schema: dict[str, Any]) -> bool:
    return text is not None and re.search(schema.get("pattern", ""), text) is not None


def _plain_form(key: str) -> str:
    return key.lower().replace("-", "_")
