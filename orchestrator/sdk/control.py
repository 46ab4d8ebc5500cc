"""The line between a node's loop and whoever hosts it: stop, commands, progress."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from orchestrator.sdk.progress import Progress
from orchestrator.sdk.wake import Wake


class NodeControl:
    """Shared by a node's loop (one thread) and its host (another).

    `stop` and `post` may be called from any thread and from signal handlers; the rest belongs to the loop's
    thread.
    """

    __slots__ = ("commands", "progress", "stopping", "wake")

    def __init__(self) -> None:
        self.stopping = False
        self.wake = Wake()
        self.commands: deque[Callable[[], None]] = deque()
        self.progress = Progress()

    def stop(self) -> None:
        """Ask the loop to end.

        The wake descriptor stays readable from now on, so that no later wait misses it.
        """
        self.stopping = True
        self.wake.set()

    def post(self, command: Callable[[], None]) -> None:
        """Have `command` run on the loop's thread, the owner of the sockets."""
        self.commands.append(command)
        self.wake.set()

    def run_commands(self) -> None:
        """Carry out what was posted. Called by the loop whenever the wake descriptor was readable."""
        if not self.stopping:
            self.wake.clear()
            if self.stopping:  # asked between the two lines above
                self.wake.set()
        while self.commands:
            self.commands.popleft()()

    def close(self) -> None:
        self.wake.close()
