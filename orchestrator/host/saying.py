"""What a node process says of its own accord, on standard error."""

from __future__ import annotations

import contextlib
import sys


def say(line: str) -> None:
    """Write a line. That nobody reads any more is no reason to fail."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
