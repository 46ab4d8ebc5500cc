"""The seam every codec fits, and the errors it raises."""

from __future__ import annotations

from typing import Any, Protocol

from orchestrator.errors import OrchestratorError
from orchestrator.vocabulary import CodecName


class EncodeError(ValueError):
    """The node's own object cannot be sent with its socket's codec.

    The text says what was given and what fits.
    """


class DecodeError(ValueError):
    """A received payload is not what the codec expects. Counted and reported, never fatal for a node."""


class CodecError(OrchestratorError):
    """A codec that cannot be set up: its library is missing, or its schema cannot be read."""


class Codec(Protocol):
    """Turns objects into payloads and back."""

    name: CodecName

    def encode(self, obj: Any) -> bytes:
        """The payload for `obj`. Raises EncodeError."""

    def decode(self, payload: bytes) -> Any:
        """The object in `payload`. Raises DecodeError and nothing else."""

    def encode_nothing(self) -> bytes:
        """The payload of a reply that carries no value (a REP socket has to answer)."""


def preview(payload: bytes, limit: int = 32) -> str:
    """The beginning of a payload for an error text: `b'\\x82\\xa3foo'… (117 bytes)`."""
    if len(payload) <= limit:
        return repr(bytes(payload))
    return f"{bytes(payload[:limit])!r}… ({len(payload)} bytes)"


def kind(obj: object) -> str:
    """The type of `obj` as a Python user names it."""
    return type(obj).__qualname__
