"""The list of findings that the reading floors make themselves (`ZMQ0xx`):

they have a page here, and no check.
"""

from __future__ import annotations

from typing import Final

READING: Final[tuple[str, ...]] = ()
"""Module names, in the order of their codes."""
