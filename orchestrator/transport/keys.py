"""CURVE keys: which public key belongs to a secret one. Loads zmq when it is asked."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

KEY_LENGTH: Final = 40
"""Characters of a key in Z85 form (zmq_curve(7), "Key encoding")."""


@lru_cache(maxsize=1024)
def public_of(secret: str) -> str | None:
    """The public key of a secret one, both in Z85; None for what is no key, or a libzmq without CURVE."""
    if len(secret) != KEY_LENGTH:
        return None
    import zmq

    try:
        return zmq.curve_public(secret.encode()).decode()
    except (zmq.ZMQError, ValueError):
        return None
