"""Bound addresses as others can reach them."""

from __future__ import annotations

from typing import Final

_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "[::]": "[::1]"}


def reachable(address: str) -> str:
    """The address to connect to where a socket says that it is bound to `address`.

    A socket that listens on every interface reports the unspecified address (`tcp://0.0.0.0:5556`), which
    names no host to connect to (RFC 1122, 3.2.1.3); from the same machine the loopback address reaches it.
    """
    scheme, separator, rest = address.partition("://")
    host, colon, port = rest.rpartition(":")
    if scheme != "tcp" or not separator or not colon:
        return address
    return f"tcp://{_LOOPBACK.get(host, host)}:{port}"
