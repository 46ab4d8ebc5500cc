"""What a topology file is going to need, guessed from its text before it is read. No more than a hint.


The process that starts programs warms up while the file is checked; what it has imported in vain costs memory
for as long as the topology runs.
"""

from __future__ import annotations

import re
from typing import Final

_MOST: Final = 1 << 20
"""Bytes of a file that are looked at; a larger one may have anything."""

_PYTHON: Final = re.compile(rb"""(?:^|[\s{,?"'])(?:run|use|include)["']?\s*:|<<\s*:""", re.MULTILINE)
"""The keys by which a node is Python, or comes from another file."""


def expects_nodes(file: str) -> bool:
    """Whether the topology may have Python nodes. True for what cannot be read: that is told by others."""
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - pathlib is not loaded yet
            text = stream.read(_MOST)
    except (OSError, ValueError):
        return True
    return len(text) == _MOST or _PYTHON.search(text) is not None
