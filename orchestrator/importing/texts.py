"""Texts of a source in the language of topology files, where `${NAME}` is a variable."""

from __future__ import annotations


def literal(text: str) -> str:
    """The text that means `text` itself, also where `${{ … }}` would refer to the topology."""
    return text.replace("${", "$${")
