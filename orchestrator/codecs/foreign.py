"""Codecs of other packages: the entry point group `orchestrator.codecs`.

An entry point's name is the codec's name in a topology and holds a dot (`acme.fast`). It names a class or a
function that is called with `schema`, `message_type` and `directory` (by keyword) and gives an object that
fits `codecs.base.Codec`.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from orchestrator.codecs.base import (
    Codec,
    CodecError,
    DecodeError,
    EncodeError,
    Payload,
    first_line,
    kind,
    preview,
)
from orchestrator.vocabulary import JsonValue

GROUP: Final = "orchestrator.codecs"
_METHODS: Final = ("encode", "decode", "encode_nothing")


@cache
def registered() -> tuple[EntryPoint, ...]:
    """The entry points of the group, looked up once: it means reading every installed package's metadata."""
    return tuple(entry_points(group=GROUP))


def foreign_names() -> list[str]:
    """The codecs that installed packages offer, by name. Imports none of them."""
    return sorted({entry.name for entry in registered() if "." in entry.name})


def make_foreign_codec(name: str, schema: JsonValue, message_type: str | None, directory: str) -> Codec:
    """The codec that some package registered as `name`. Raises CodecError."""
    entry = next((entry for entry in registered() if entry.name == name), None)
    if entry is None:
        known = foreign_names()
        near = difflib.get_close_matches(name, known, n=1)
        there = f"installed packages offer {', '.join(known)}" if known else "install the package that has it"
        raise CodecError(
            f"codec {name}: no installed package offers it", f"did you mean {near[0]}?" if near else there
        )
    try:
        made = entry.load()(schema=schema, message_type=message_type, directory=directory)
    except CodecError:
        raise
    except Exception as error:  # the package's own code: whatever it raises is no reason for a traceback
        raise CodecError(f"codec {name} ({entry.value}): {kind(error)}: {first_line(error)}") from error
    missing = [method for method in _METHODS if not callable(getattr(made, method, None))]
    if missing:
        raise CodecError(f"codec {name} ({entry.value}) has no method {', '.join(missing)}")
    return _GuardedCodec(name, made)


class _GuardedCodec:
    """Another package's codec, held to what codecs promise: EncodeError, DecodeError, and nothing else."""

    def __init__(self, name: str, inner: Any) -> None:
        self.name = name
        self._inner = inner
        self._encode = inner.encode
        self._decode = inner.decode
        self._nothing = inner.encode_nothing
        self.zero_copy = bool(getattr(inner, "zero_copy", False))
        # What it can do beside, it shows by having the method; so does this.
        for method in ("encode_into", "encode_parts"):
            if callable(found := getattr(inner, method, None)):
                setattr(self, method, self._guarded(found))
        if callable(found := getattr(inner, "canonical", None)):
            self.canonical = found

    def encode(self, obj: Any) -> bytes:
        try:
            payload: bytes = self._encode(obj)
        except EncodeError:
            raise
        except Exception as error:  # the package's own code
            raise self._encode_error(obj, error) from error
        if not isinstance(payload, bytes):
            raise EncodeError(f"codec {self.name} made {kind(payload)} of {kind(obj)}, and not bytes")
        return payload

    def decode(self, payload: Payload) -> Any:
        try:
            return self._decode(payload if self.zero_copy else bytes(payload))
        except DecodeError:
            raise
        except Exception as error:  # the package's own code, and bytes that anybody may have sent
            raise DecodeError(f"not {self.name}: {preview(payload)} ({first_line(error)})") from error

    def encode_nothing(self) -> bytes:
        try:
            return bytes(self._nothing())
        except Exception as error:  # the package's own code
            raise self._encode_error(None, error) from error

    def _guarded(self, method: Any) -> Any:
        def call(obj: Any, *rest: Any) -> Any:
            try:
                return method(obj, *rest)
            except EncodeError:
                raise
            except Exception as error:  # the package's own code
                raise self._encode_error(obj, error) from error

        return call

    def _encode_error(self, obj: Any, error: Exception) -> EncodeError:
        return EncodeError(f"cannot send {kind(obj)} as {self.name}: {first_line(error)}")
