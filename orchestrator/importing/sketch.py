"""Sockets as a comment, for sources that describe programs and no sockets."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.importing.names import socket_name


def sockets_to_fill(
    ports: Iterable[tuple[str, str]], hosts: Iterable[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """The lines of a `sockets` block to be filled in.

    `ports`: a port, and where the source speaks of it. `hosts`: a host of the source that is this machine
    here, and the tcp port of it that is named; empty for none.
    """
    lines = [f"  port-{port}: {{type: …, bind: tcp://*:{port}}} # {where}" for port, where in ports]
    for host, port in hosts:
        if port:
            name = socket_name(f"to-{host}-{port}")
            lines.append(
                f"  {name}: {{type: …, connect: tcp://127.0.0.1:{port}}} # {host}:{port} in the source"
            )
    lines = lines or ["  NAME: {type: …, bind: tcp://127.0.0.1:…}"]
    return ("sockets: # its ZeroMQ sockets, if it has any", *lines)
