"""Stock nodes, for `use: NAME`. An ordinary plug-in package: of ours it imports `orchestrator.sdk` alone.

Importing it loads the catalogue, which is data; a node's own module is imported by the process that runs it.
"""

from __future__ import annotations

from orchestrator_nodes.catalogue import CATALOGUE

__all__ = ["CATALOGUE"]
