"""The seam every codec fits, and the errors it raises.

A codec has to have `name`, `encode`, `decode` and `encode_nothing`. What else it can do, it shows by having
the method: the data path asks with `getattr` (`encode_into`, `encode_parts`, `canonical`).
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, runtime_checkable

from orchestrator.errors import OrchestratorError

Payload: TypeAlias = bytes | bytearray | memoryview
"""What a decoder takes: a frame as libzmq delivered it, or the part of it behind the envelope."""


class EncodeError(ValueError):
    """The node's own object cannot be sent with its socket's codec.

    The text says what was given and what fits.
    """


class DecodeError(ValueError):
    """A received payload is not what the codec expects. Counted and reported, never fatal for a node."""


class CodecError(OrchestratorError):
    """A codec that cannot be set up: its library is missing, or its schema cannot be read."""


class Codec(Protocol):
    """Turns objects into payloads and back. Belongs to one socket, and so to one thread."""

    name: str
    """As the topology and the envelope have it."""

    def encode(self, obj: Any) -> bytes:
        """The payload for `obj`. Raises EncodeError, and nothing else."""

    def decode(self, payload: Payload) -> Any:
        """The object in `payload`. Raises DecodeError, and nothing else.

        Where `zero_copy` is set the object may lie in `payload`, and keeps it alive.
        """

    def encode_nothing(self) -> bytes:
        """The payload of a reply that carries no value (a REP socket has to answer)."""


@runtime_checkable
class WritesInto(Protocol):
    """A codec that can write behind an envelope that lies in a buffer already, without a copy of its own."""

    def encode_into(self, obj: Any, buffer: bytearray, offset: int) -> None:
        """Write the payload for `obj` into `buffer` from `offset` on.

        Afterwards `buffer` ends where the payload ends (it grows and shrinks; the memory behind it stays, so
        that one buffer serves all messages). After an EncodeError what lies from `offset` on is undefined,
        and so is the length; what lies before it is untouched. `offset` must not be behind the end.
        """


@runtime_checkable
class InParts(Protocol):
    """A codec whose objects lie in memory as they travel (arrow, numpy)."""

    zero_copy: bool
    """True: `decode` gives a view of the payload, and `encode_parts` views of the object."""

    def encode_parts(self, obj: Any) -> list[Payload]:
        """The payload for `obj` as pieces that together are what `encode` gives, large ones not copied.

        The pieces are views of the object's own memory: it must not be changed before they are sent.
        Raises EncodeError.
        """


@runtime_checkable
class HasSchema(Protocol):
    """A codec that knows the schema of what it carries."""

    def canonical(self) -> str:
        """The schema in the one form from which its fingerprint is taken (docs/reference/codecs.md)."""


def preview(payload: Payload, limit: int = 32) -> str:
    """The beginning of a payload for an error text: `b'\\x82\\xa3foo'… (117 bytes)`."""
    if len(payload) <= limit:
        return repr(bytes(payload))
    return f"{bytes(payload[:limit])!r}… ({len(payload)} bytes)"


def kind(obj: object) -> str:
    """The type of `obj` as a Python user names it."""
    return type(obj).__qualname__


def brief(obj: object, limit: int = 60) -> str:
    """An object for an error text, cut short. Never raises: an object's own `repr` may."""
    if isinstance(obj, (str, bytes)):
        obj = obj[: limit + 1]
    elif isinstance(obj, (dict, list, tuple, set, frozenset)) and len(obj) > limit:
        return f"a {kind(obj)} of {len(obj)}"
    try:
        text = repr(obj)
    except Exception:  # noqa: BLE001 - __repr__ is the user's code; an error text must not fail over it
        return f"a {kind(obj)}"
    return text if len(text) <= limit else f"{text[:limit]}…"


def first_line(error: BaseException, limit: int = 200) -> str:
    """What a library says, short enough for a log: its first line, or its type when it says nothing."""
    lines = str(error).strip().splitlines()
    line = lines[0] if lines else type(error).__name__
    return line if len(line) <= limit else f"{line[:limit]}…"
