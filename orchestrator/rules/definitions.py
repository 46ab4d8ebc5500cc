"""What the rules about definitions share: which stand in the main file, and how one is taken out of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from orchestrator.diagnostics import Edit, Fix
from orchestrator.model.types import Topology
from orchestrator.rules.context import RuleContext
from orchestrator.span import NOWHERE, Span
from orchestrator.vocabulary import Path


class Definition(Protocol):
    """A message or an endpoint."""

    @property
    def name(self) -> str: ...
    @property
    def span(self) -> Span: ...
    @property
    def path(self) -> Path: ...


def is_own(context: RuleContext, definition: Definition) -> bool:
    """Whether it stands in the main file: what an included file offers need not be used by everybody."""
    return definition.span.file == context.topology.file


def removal(topology: Topology, idle: Definition, section: Collection[Definition]) -> Fix | None:
    """Take a definition out, its whole section when it is alone there. None where that is no matter of lines.

    Only entries that have their lines to themselves are removed: from the line of the name to that of the
    value's end.
    """
    parent = topology.place(*idle.path[:-1])
    start = idle.path if len(section) > 1 else idle.path[:-1]
    key = topology.key_place(*start)
    value = topology.place(*idle.path)
    first = min((other.span for other in section), default=idle.span)
    in_lines = (parent.line, parent.column) == (first.line, first.column)
    lines = {other.span.line for other in section if other is not idle}
    whole = key.line <= idle.span.line <= value.line <= value.end_line
    if NOWHERE in (key, value) or not in_lines or not whole:
        return None
    if any(key.line <= line <= value.end_line for line in lines):
        return None  # an alias: its value stands elsewhere
    gone = Span(key.file, key.line, 1, value.end_line + 1, 1)
    return Fix(title=f"Remove `{idle.name}`", edits=(Edit(gone, ""),), safe=False)
