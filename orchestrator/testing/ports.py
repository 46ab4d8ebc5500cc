"""TCP ports for one test, which no other test of this machine is given meanwhile."""

from __future__ import annotations

import random
import socket
import sys
from pathlib import Path
from typing import Final

from orchestrator.errors import RunError

_LOWEST: Final = 20_000
_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES: Final = 500


class Ports:
    """Hands out ports that nobody listens on, and keeps other tests away from them until `close`.

    They lie below the range from which the system takes the ports of outgoing connections (ip(7),
    ip_local_port_range): between the choice and the bind, one of those could be taken by any program that
    connects to something. What marks them as taken is the name of an abstract unix socket (unix(7)), which is
    gone with its process and leaves no file; like ports, such names belong to a network namespace.
    """

    def __init__(self) -> None:
        self._held: list[socket.socket] = []
        self._given: set[int] = set()
        self._random = random.Random()

    def pick(self) -> int:
        """A free port. Raises RunError when there is none."""
        below = _first_outgoing()
        for _ in range(_TRIES):
            port = self._random.randrange(min(_LOWEST, below - 1000), below)
            if port not in self._given and _is_free(port) and self._hold(port):
                self._given.add(port)
                return port
        raise RunError("no free tcp port was found", f"see which programs hold ports below {below}: ss -ltnp")

    def close(self) -> None:
        """Let the ports go."""
        for held in self._held:
            held.close()
        self._held.clear()

    def _hold(self, port: int) -> bool:
        if sys.platform != "linux":
            return True
        mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            mark.bind(f"\0orchestrator-test-port-{port}")
        except OSError:
            mark.close()
            return False
        self._held.append(mark)
        return True


def _first_outgoing() -> int:
    """The first port of outgoing connections; Linux' default where it cannot be read."""
    try:
        return max(int(_RANGE.read_text().split()[0]), 3000)
    except (OSError, ValueError):
        return 32_768


def _is_free(port: int) -> bool:
    """Whether it can be bound on every interface, by a program that sets no SO_REUSEADDR too."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
