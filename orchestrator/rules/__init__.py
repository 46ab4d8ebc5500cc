"""Rules: what can be wrong with a topology that reads well. One rule is one file, `zmqNNN_short_name.py`.

A rule module has a docstring in fixed headings (its page), `CODE`, `NAME`, `SEVERITY`, and, unless the
finding comes from the reading floors, `check(context)`. Pure: values in, findings out; the one thing that
rules know beside the file is which stock nodes are installed.

The pages (`codes`, `page`, `rule_of`) are in `orchestrator.rules.catalogue`, which `run` does not load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.rules.runner import run

if TYPE_CHECKING:
    from orchestrator.rules.catalogue import Rule

__all__ = ["codes", "page", "rule_of", "run"]


def codes() -> tuple[str, ...]:
    """Every code that has a page, in order."""
    from orchestrator.rules import catalogue

    return catalogue.codes()


def page(code: str) -> str | None:
    """The rule's documentation page as Markdown, or None for a code that no rule has."""
    from orchestrator.rules import catalogue

    return catalogue.page(code)


def rule_of(code: str) -> Rule | None:
    """The rule behind a code such as `ZMQ101` (case and the prefix do not matter), or None."""
    from orchestrator.rules import catalogue

    return catalogue.rule_of(code)
