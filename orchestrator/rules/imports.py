"""Findings about what Python nodes say of themselves: a page each, and no check here: rules import nothing of
the user's.

They are made by `orchestrator.app.import_check`, when they are asked for (`validate --import`).
"""

from __future__ import annotations

from typing import Final

IMPORT: Final[tuple[str, ...]] = (
    "zmq340_target_not_importable",
    "zmq341_params_do_not_fit",
    "zmq342_sockets_do_not_fit",
)
"""Module names, in the order of their codes."""

IMPORT_CODES: Final[frozenset[str]] = frozenset(module[:6].upper() for module in IMPORT)
