"""Rules: what can be wrong with a topology that reads well. One rule is one file, `zmqNNN_short_name.py`.

A rule module has a docstring in fixed headings (its page), `CODE`, `NAME`, `SEVERITY`, and, unless the
finding comes from the reading floors, `check(context)`. Pure: values in, findings out; it touches nothing.
"""

from __future__ import annotations

from orchestrator.rules.catalogue import codes, page, rule_of
from orchestrator.rules.runner import run

__all__ = ["codes", "page", "rule_of", "run"]
