"""MessagePack, by `msgspec`."""

from __future__ import annotations

from typing import Any

import msgspec

from orchestrator.codecs.base import DecodeError, EncodeError, Payload, kind, preview
from orchestrator.vocabulary import CodecName


class MsgpackCodec:
    """MessagePack with `bin` and `str` kept apart (the specification of 2013 and later).

    Keys of maps may be whatever Python can hash. A `datetime` with a time zone travels as the timestamp
    extension (-1) and comes back as one in UTC; other extensions are `msgspec.msgpack.Ext` both ways.
    """

    name: str = CodecName.MSGPACK

    def __init__(self) -> None:
        encoder = msgspec.msgpack.Encoder(enc_hook=_no_form)
        self._encode = encoder.encode
        self._encode_into = encoder.encode_into
        self._decode = msgspec.msgpack.Decoder().decode

    def encode(self, obj: Any) -> bytes:
        try:
            return self._encode(obj)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise EncodeError(f"cannot send {kind(obj)} as MessagePack: {error}") from error

    def encode_into(self, obj: Any, buffer: bytearray, offset: int) -> None:
        try:
            self._encode_into(obj, buffer, offset)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise EncodeError(f"cannot send {kind(obj)} as MessagePack: {error}") from error

    def decode(self, payload: Payload) -> Any:
        try:
            return self._decode(payload)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            # msgspec.DecodeError is a ValueError; the others are keys that cannot be hashed and timestamps
            # that no datetime can hold.
            raise DecodeError(f"not MessagePack: {preview(payload)} ({error})") from error

    def encode_nothing(self) -> bytes:
        return b"\xc0"


def _no_form(obj: object) -> Any:
    raise TypeError(f"{kind(obj)} has no MessagePack form")
