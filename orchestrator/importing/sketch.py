"""Sockets as a comment, for sources that describe programs and no sockets."""

from __future__ import annotations

from collections.abc import Iterable


def sockets_to_fill(ports: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The lines of a `sockets` block to be filled in. `ports`: a port, and where the source speaks of it."""
    found = list(ports)
    lines = ["sockets: # its ZeroMQ sockets, if it has any"]
    for port, where in found:
        lines.append(f"  port-{port}: {{type: …, bind: tcp://*:{port}}} # {where}")
    return (*lines, *([] if found else ["  NAME: {type: …, bind: tcp://127.0.0.1:…}"]))
