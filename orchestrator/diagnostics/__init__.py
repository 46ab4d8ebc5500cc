"""Findings about a topology, as values. How they are printed lives in the formatters beside this file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.span import NOWHERE, Span
from orchestrator.vocabulary import Path


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding, and what it has to do with it."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` in the place of what stands at `span`; an empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change to the file that ends a finding. `title` says what it does, in the imperative.

    `safe`: the system that the file describes does what its author meant before and after. Every other fix
    is applied only when it is asked for. The edits of one fix do not overlap, and are applied together.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding. `message` states the fact in the user's own words, `help` says what to do about it."""

    code: str
    severity: Severity
    message: str
    span: Span
    related: tuple[Related, ...] = ()
    help: str | None = None
    path: Path = ()
    fix: Fix | None = None
    private: bool = False
    """The line it stands in holds a secret, and is not to be shown."""


def in_order(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by place, then code; drop repetitions.

    What stands once in a file and is used twice, through a YAML alias, is one mistake: same code, place,
    remedy and other places.
    """
    told: dict[object, Diagnostic] = {}
    for found in sorted(findings, key=lambda d: (d.span, d.code, d.message)):
        same = found if found.span == NOWHERE else (found.code, found.span, found.help, found.related)
        told.setdefault(same, found)
    return tuple(told.values())


def has_errors(findings: Iterable[Diagnostic]) -> bool:
    return any(d.severity is Severity.ERROR for d in findings)
