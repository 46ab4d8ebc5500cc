"""What changed between two topologies, and whom it concerns. Values in, values out.

Order, comments and the file that something stands in are no changes of meaning.
"""

from __future__ import annotations

from orchestrator.comparison.classes import KINDS, Class, Kind
from orchestrator.comparison.compare import compare
from orchestrator.comparison.types import Change, Comparison

__all__ = ["KINDS", "Change", "Class", "Comparison", "Kind", "compare"]
