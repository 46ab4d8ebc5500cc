"""The explicit list of rules, and their pages.

A rule's module is imported when it is asked for, not before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from orchestrator.rules.bookkeeping import BOOKKEEPING
from orchestrator.rules.checks import CHECKS
from orchestrator.rules.hosts import HOST
from orchestrator.rules.imports import IMPORT
from orchestrator.rules.reading import READING

if TYPE_CHECKING:
    from orchestrator.diagnostics import Diagnostic, Severity
    from orchestrator.rules.context import RuleContext

    Check = Callable[[RuleContext], Iterator[Diagnostic]]

MODULES: Final[tuple[str, ...]] = tuple(sorted((*READING, *CHECKS, *HOST, *IMPORT, *BOOKKEEPING)))
"""In the order of their codes."""

_SAMPLE: Final = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule as the catalogue knows it."""

    code: str
    name: str
    severity: Severity
    docstring: str
    check: Check | None
    """None for findings that are made elsewhere (reading, ignore comments): they have a page only."""

    @property
    def summary(self) -> str:
        """The docstring's first line."""
        return self.docstring.partition("\n")[0].strip()

    def section(self, heading: str) -> str:
        """The text under `## heading`; empty where the page has no such heading."""
        found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", self.docstring, re.M | re.S)
        return found.group(1).strip() if found else ""

    def samples(self, heading: str) -> tuple[str, ...]:
        """The YAML samples under `## heading` (`Bad` or `Good`)."""
        return tuple(_SAMPLE.findall(self.section(heading) + "\n"))


def codes() -> tuple[str, ...]:
    """Every code that has a page, in order."""
    return tuple(sorted(_code_of(module) for module in MODULES))


def rule_of(code: str) -> Rule | None:
    """The rule behind a code such as `ZMQ101` (case and the prefix do not matter), or None."""
    wanted = code.strip().upper()
    if wanted.isdigit():
        wanted = f"ZMQ{wanted:>03}"
    for module in MODULES:
        if _code_of(module) == wanted:
            return load(module)
    return None


def load(module: str) -> Rule:
    """Import one rule module by its short name."""
    loaded = import_module(f"orchestrator.rules.{module}")
    return Rule(
        code=loaded.CODE,
        name=loaded.NAME,
        severity=loaded.SEVERITY,
        docstring=loaded.__doc__ or "",
        check=getattr(loaded, "check", None),
    )


def page(code: str) -> str | None:
    """The rule's documentation page as Markdown, or None for a code that no rule has."""
    rule = rule_of(code)
    if rule is None:
        return None
    return f"# {rule.code}: {rule.name}\n\n*{rule.severity.value}*\n\n{rule.docstring.strip()}\n"


def _code_of(module: str) -> str:
    return module.partition("_")[0].upper()
