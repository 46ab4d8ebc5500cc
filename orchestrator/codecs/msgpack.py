"""MessagePack. The only home of the `msgpack` library."""

from __future__ import annotations

from typing import Any

import msgpack

from orchestrator.codecs.base import DecodeError, EncodeError, kind, preview
from orchestrator.vocabulary import CodecName


class MsgpackCodec:
    """MessagePack with `bin` and `str` kept apart (the specification of 2013 and later)."""

    name = CodecName.MSGPACK

    def __init__(self) -> None:
        self._pack = msgpack.Packer(use_bin_type=True).pack
        self._unpack = msgpack.unpackb

    def encode(self, obj: Any) -> bytes:
        try:
            packed: bytes = self._pack(obj)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            # A packer that failed half way keeps its buffer; a fresh one does not send it with the next
            # message.
            self._pack = msgpack.Packer(use_bin_type=True).pack
            raise EncodeError(f"cannot send {kind(obj)} as MessagePack: {error}") from error
        return packed

    def decode(self, payload: bytes) -> Any:
        try:
            # strict_map_key=False: integer keys are legal MessagePack, and programs send them.
            return self._unpack(payload, raw=False, strict_map_key=False)
        except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as error:
            reason = str(error) or type(error).__name__
            raise DecodeError(f"not MessagePack: {preview(payload)} ({reason})") from error

    def encode_nothing(self) -> bytes:
        return b"\xc0"
