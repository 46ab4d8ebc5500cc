"""Whether a document has the right keys, types and values. The only home of jsonschema.

A compiled validator says yes or no; only for a no is jsonschema loaded, to say what is wrong.
"""

from __future__ import annotations

from functools import cache

from orchestrator.diagnostics import Diagnostic
from orchestrator.source import Document
from orchestrator.spec.compiled import Check, compile_schema
from orchestrator.spec.schema import load_schema, schema_text

__all__ = ["schema_text", "validate"]


def validate(document: Document) -> list[Diagnostic]:
    """Every error in the document, as far as the schema can tell. Empty when it is valid."""
    if _accepts()(document.data):
        return []
    from orchestrator.spec.explain import explain

    return explain(document, load_schema())


@cache
def _accepts() -> Check:
    return compile_schema(load_schema())
