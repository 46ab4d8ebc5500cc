"""What all builders share: the document, where we are in it, and the findings so far."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, TypeAlias

from orchestrator.diagnostics import Diagnostic, Fix, Related, Severity
from orchestrator.source import KEY, Document
from orchestrator.span import Span
from orchestrator.vocabulary import Path

Data: TypeAlias = dict[str, Any]
"""A mapping that the schema has accepted: its keys and types are known to be right."""


class Findings:
    """Collects findings about one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Diagnostic] = []
        self.meant: dict[Path, str | None] = {}
        """Path of an address that leads nowhere -> what was probably meant, if that can be guessed."""

    def place(self, path: Path) -> Span:
        return self.document.place(path)

    def key(self, path: Path) -> Span:
        return self.document.place((*path, KEY))

    def error(
        self,
        code: str,
        message: str,
        path: Path,
        *,
        span: Span | None = None,
        remedy: str | None = None,
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        """Add an error about the value at `path` (about `span` of it, where one is given)."""
        self.found.append(
            Diagnostic(
                code=code,
                severity=Severity.ERROR,
                message=message,
                span=span or self.place(path),
                help=remedy,
                related=related,
                path=path,
                fix=fix,
            )
        )

    def other_name(self, path: Path, word: str, known: Iterable[str]) -> Fix | None:
        """Write the nearest of the known names for `word`, which stands at `path`, if only one is near."""
        guess = nearest(word, known)
        return self.guessed(path, word, guess, known) if guess else None

    def guessed(self, path: Path, word: str, guess: str, known: Iterable[str]) -> Fix | None:
        """Write `guess` for `word`, which stands at `path`, unless others of the known names are as near."""
        from orchestrator.source.replacing import replacing
        from orchestrator.spec.guesses import is_only_guess

        is_it = self.document.written(path) == word and is_only_guess(word, guess, known)
        return replacing(self.document, path, guess, safe=False) if is_it else None

    def warning(self, code: str, message: str, path: Path, *, remedy: str) -> None:
        """Add a warning about the value at `path`."""
        place = self.place(path)
        self.found.append(
            Diagnostic(
                code=code, severity=Severity.WARNING, message=message, span=place, help=remedy, path=path
            )
        )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be, or None when none is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    if found:
        return found[0]
    lowered = {k.lower(): k for k in known}
    return lowered.get(word.lower())


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """A remedy that names the nearest known word, or `otherwise`."""
    guess = nearest(word, known)
    return f"did you mean `{guess}`?" if guess else otherwise


def listing(names: Iterable[str], limit: int = 8) -> str:
    """`a`, `b`, `c`: names for a sentence, cut where they are many."""
    names = list(names)
    shown = ", ".join(f"`{n}`" for n in names[:limit])
    return shown + (f" and {len(names) - limit} more" if len(names) > limit else "")
