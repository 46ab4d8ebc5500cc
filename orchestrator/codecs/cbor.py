"""CBOR (RFC 8949). The only home of `cbor2`."""

from __future__ import annotations

import io
from typing import Any, Final

import cbor2

from orchestrator.codecs.base import DecodeError, EncodeError, Payload, first_line, kind, preview
from orchestrator.vocabulary import CodecName


def _kept(tag: int) -> Any:
    def keep(value: object, immutable: bool = False) -> cbor2.CBORTag:
        return cbor2.CBORTag(tag, value)

    return keep


_KEPT: Final = {tag: _kept(tag) for tag in (28, 29, 35, 36)}
"""Tags that arrive as they are. Shared values (28, 29) can make a structure that holds itself; a regular
expression (35) may take the sender's choice of time, and a MIME message (36) is for who asks for it."""


class CborCodec:
    """What CBOR and its common tags have: dates, decimals, fractions, UUIDs, sets, integers of any size.

    A tag that is not known arrives as `cbor2.CBORTag`, and can be sent so.
    """

    name: str = CodecName.CBOR

    def encode(self, obj: Any) -> bytes:
        try:
            payload: bytes = cbor2.dumps(obj)
            return payload
        except (cbor2.CBOREncodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise EncodeError(f"cannot send {kind(obj)} as CBOR: {first_line(error)}") from error

    def decode(self, payload: Payload) -> Any:
        stream = io.BytesIO(payload)
        try:
            obj = cbor2.load(stream, semantic_decoders=_KEPT)
        except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError,
                ArithmeticError, MemoryError) as error:  # fmt: skip
            raise DecodeError(f"not CBOR: {preview(payload)} ({first_line(error)})") from error
        if stream.tell() != len(payload):
            rest = len(payload) - stream.tell()
            raise DecodeError(f"not CBOR: {preview(payload)} ({rest} bytes behind the value)")
        return obj

    def encode_nothing(self) -> bytes:
        return b"\xf6"
