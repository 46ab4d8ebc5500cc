"""Whether a document has the right keys, types and values. The only home of jsonschema.

A compiled validator says yes or no; only for a no is jsonschema loaded, to say what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from orchestrator.diagnostics import Diagnostic
from orchestrator.source import Document
from orchestrator.spec.compiled import Check, compile_schema
from orchestrator.spec.schema import load_schema, schema_text

__all__ = ["Verdict", "examine", "schema_text", "validate"]

_ROUNDS: Final = 3
"""How often a document is repaired: what is left out of a probe can leave a probe without a kind."""


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
    found = tuple(refusal.diagnostic for refusal in refusals)
    meant = document
    for _ in range(_ROUNDS):
        data = repaired(meant.data, [refusal.repair for refusal in refusals])
        if data is None:
            return Verdict(found, None)
        meant = replace(meant, data=data)
        refusals = [r for r in explain(meant, schema) if r.repair.change is not Change.KEEP]
        if not refusals:
            return Verdict(found, meant)
    return Verdict(found, None)


@cache
def _accepts() -> Check:
    return compile_schema(load_schema())
