"""How one run of a hook came out."""

from __future__ import annotations


class HookFailedError(Exception):
    """A hook's run has failed. `reason` holds nothing of the webhook's address or headers."""

    def __init__(self, reason: str, last_lines: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.last_lines = last_lines
