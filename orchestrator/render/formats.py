"""The formats a picture is written in, and how a file's name tells which."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath

from orchestrator.errors import UsageError


class Format(StrEnum):
    """What `render` writes; the value is the usual suffix."""

    SVG = "svg"
    PNG = "png"
    PDF = "pdf"
    DOT = "dot"
    MERMAID = "mmd"
    D2 = "d2"
    HTML = "html"
    """A page that pans, zooms, searches and folds, and needs nothing else."""

    @property
    def is_text(self) -> bool:
        """Whether a terminal can show it."""
        return self not in (Format.PNG, Format.PDF)

    @property
    def needs_layout(self) -> bool:
        """Whether Graphviz has to place the boxes."""
        return self not in (Format.DOT, Format.MERMAID, Format.D2)


_SUFFIXES = {
    **{f".{f}": f for f in Format},
    ".gv": Format.DOT,
    ".mermaid": Format.MERMAID,
    ".htm": Format.HTML,
}


def format_named(word: str) -> Format:
    """The format a person names; UsageError for what is none."""
    found = _SUFFIXES.get(f".{word.lower()}")
    if found is None:
        raise UsageError(f"`{word}` is no format that pictures are written in", f"use one of {_known()}")
    return found


def format_of_file(path: str) -> Format:
    """The format a file's name asks for; UsageError where it does not tell."""
    suffix = PurePath(path).suffix.lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    fact = f"`{suffix}` is no picture format" if suffix else "its suffix does not tell the picture's format"
    raise UsageError(f"{path}: {fact}", f"use one of {_known('.')}, or say --format")


def _known(prefix: str = "") -> str:
    return ", ".join(f"{prefix}{f}" for f in Format)
