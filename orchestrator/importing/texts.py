"""Texts of a source in the language of topology files, where `${NAME}` is a variable."""

from __future__ import annotations

from orchestrator.vocabulary import JsonValue


def literal(text: str) -> str:
    """The text that means `text` itself, also where `${{ … }}` would refer to the topology."""
    return text.replace("${", "$${")


def writable(value: JsonValue) -> JsonValue:
    """The value with `?` for what UTF-8 can't hold: bytes of file names that are no text."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {str(writable(key)): writable(inner) for key, inner in value.items()}
    return [writable(item) for item in value] if isinstance(value, list) else value
