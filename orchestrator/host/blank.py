"""A node that does nothing.

The rehearsal imports it again and again, as every child will import its own module.
"""

from __future__ import annotations


def node(message: object) -> None:
    """Takes a message and forgets it."""
