"""Free TCP ports, for foreign programs that must be told where to bind."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from orchestrator.errors import RunError


class PortPicker:
    """Hands out ports that were free a moment ago: to each user its own, and the same one again when it asks
    again, so that a plan made anew leaves those alone that did not change."""

    def __init__(self, given: Mapping[tuple[str, str], int] | None = None) -> None:
        self.given: dict[tuple[str, str], int] = dict(given or {})
        """(host, user) -> its port."""

    def __call__(self, host: str, user: str) -> int:
        """A port that nobody on `host` (an address of this machine, `*` for all) listens on.

        Raises RunError when the host has no such address.
        """
        if (host, user) not in self.given:
            taken = set(self.given.values())
            while (port := _free(host)) in taken:
                pass
            self.given[host, user] = port
        return self.given[host, user]


def _free(host: str) -> int:
    bind_to = "" if host in ("*", "0.0.0.0") else host.strip("[]")
    family = socket.AF_INET6 if ":" in bind_to else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((bind_to, 0))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise RunError(
            f"no free port on {host}: {error.strerror or error}",
            "bind to an address of this machine, for instance tcp://127.0.0.1:*",
        ) from error
