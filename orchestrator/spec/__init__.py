"""Whether a document has the right keys, types and values. The only home of jsonschema.

A compiled validator says yes or no; only for a no is jsonschema loaded, to say what is wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from orchestrator.diagnostics import Diagnostic
from orchestrator.source import Document
from orchestrator.spec.compiled import Check, compile_schema
from orchestrator.spec.schema import load_schema, schema_text
from orchestrator.vocabulary import Path

__all__ = ["Verdict", "examine", "schema_text", "validate"]

_ROUNDS: Final = 5
"""How often a document is repaired: what is left out of a probe can leave a probe without a kind, and
under a misspelt key there may be others."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the schema has to say about a document."""

    diagnostics: tuple[Diagnostic, ...]
    """Every error. Empty when the document is valid."""
    meant: Document | None
    """The document as it was probably meant: itself when it is valid, None where too little is left of it."""


def validate(document: Document) -> list[Diagnostic]:
    """Every error in the document, as far as the schema can tell. Empty when it is valid."""
    return list(examine(document).diagnostics)


def examine(document: Document, *, broken: bool = False) -> Verdict:
    """Every error in the document, and what it was probably meant to be.

    `broken`: some of its values may be `Broken`; they are to be left out of what was meant.
    """
    if not broken and _accepts()(document.data):
        return Verdict((), document)
    from orchestrator.spec.explain import explain
    from orchestrator.spec.repair import Change, repaired

    schema = load_schema()
    refusals = explain(document, schema)
    found = [refusal.diagnostic for refusal in refusals]
    meant = document
    for _ in range(_ROUNDS):
        better = repaired(meant.data, [refusal.repair for refusal in refusals])
        if better is None:
            return Verdict(tuple(found), None)
        meant = replace(meant, data=better.data, renamed={**meant.renamed, **better.renamed})
        refusals = [r for r in explain(meant, schema) if r.repair.change is not Change.KEEP]
        found += [r.diagnostic for r in refusals if _lies_under(r.diagnostic.path, better.renamed)]
        if not refusals:
            return Verdict(tuple(found), meant)
    return Verdict(tuple(found), None)


def _lies_under(path: Path, renamed: Collection[Path]) -> bool:
    """Whether a value could not be looked at before, because the key above it was misspelt."""
    return any(path[: len(key)] == key for key in renamed)


@cache
def _accepts() -> Check:
    return compile_schema(load_schema())
