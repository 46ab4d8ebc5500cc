"""Findings about what hides other findings: ignore comments and the baseline. A page each, and no check here.

They depend on all that was found, so they are made where that is known: in `orchestrator.app`.
"""

from __future__ import annotations

from typing import Final

BOOKKEEPING: Final[tuple[str, ...]] = (
    "zmq901_unused_ignore",
    "zmq902_ignore_without_reason",
    "zmq903_ignore_syntax",
    "zmq904_ignore_unknown_code",
    "zmq905_fixed_baseline_entry",
)
"""Module names, in the order of their codes."""
