"""Whether a file of an experiment has the right keys and values, in the words of topology files."""

from __future__ import annotations

from functools import cache

from orchestrator.diagnostics import Diagnostic
from orchestrator.source import Document
from orchestrator.spec.compiled import Check, compile_schema
from orchestrator.spec.schema import CHAOS, load_schema


def examine_experiment(document: Document) -> tuple[Diagnostic, ...]:
    """Every error in a document that should be an experiment. Empty when it is one."""
    if _accepts()(document.data):
        return ()
    from orchestrator.spec.explain import explain

    return tuple(refusal.diagnostic for refusal in explain(document, load_schema(CHAOS)))


@cache
def _accepts() -> Check:
    return compile_schema(load_schema(CHAOS))
