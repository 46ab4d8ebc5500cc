"""Free TCP ports, for foreign programs that must be told where to bind."""

from __future__ import annotations

import socket

from orchestrator.errors import RunError


class PortPicker:
    """Hands out ports that were free a moment ago, none twice in one run."""

    def __init__(self) -> None:
        self._given: set[int] = set()

    def __call__(self, host: str) -> int:
        """A port that nobody on `host` (an address of this machine, `*` for all) listens on.

        Raises RunError when the host has no such address.
        """
        bind_to = "" if host in ("*", "0.0.0.0") else host.strip("[]")
        family = socket.AF_INET6 if ":" in bind_to else socket.AF_INET
        while True:
            try:
                with socket.socket(family, socket.SOCK_STREAM) as probe:
                    probe.bind((bind_to, 0))
                    port = int(probe.getsockname()[1])
            except OSError as error:
                raise RunError(
                    f"no free port on {host}: {error.strerror or error}",
                    "bind to an address of this machine, for instance tcp://127.0.0.1:*",
                ) from error
            if port not in self._given:
                self._given.add(port)
                return port
