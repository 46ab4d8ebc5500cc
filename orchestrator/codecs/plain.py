"""The codecs that need no library: raw bytes, UTF-8 text."""

from __future__ import annotations

from typing import Any

from orchestrator.codecs.base import DecodeError, EncodeError, Payload, kind, preview
from orchestrator.vocabulary import CodecName


class RawCodec:
    """Bytes in, bytes out."""

    name: str = CodecName.RAW

    def encode(self, obj: Any) -> bytes:
        if isinstance(obj, bytes):
            return obj
        if isinstance(obj, (bytearray, memoryview)):
            return bytes(obj)
        raise EncodeError(
            f"cannot send {kind(obj)} as raw bytes: give the socket a codec in the topology "
            "(`codec: json`, `codec: msgpack`, `codec: text` or a `message`), or send bytes"
        )

    def decode(self, payload: Payload) -> Any:
        return payload if type(payload) is bytes else bytes(payload)

    def encode_nothing(self) -> bytes:
        return b""


class ViewCodec(RawCodec):
    """Bytes out, views in: nothing is copied where the memory that they came in can be kept."""

    zero_copy = True

    def decode(self, payload: Payload) -> Any:
        return memoryview(payload).toreadonly()


class TextCodec:
    """Strings as UTF-8."""

    name: str = CodecName.TEXT

    def encode(self, obj: Any) -> bytes:
        if not isinstance(obj, str):
            raise EncodeError(f"cannot send {kind(obj)} as text: `codec: text` takes str")
        try:
            return obj.encode()
        except UnicodeEncodeError as error:
            raise EncodeError(f"cannot send the text as UTF-8: {error}") from error

    def decode(self, payload: Payload) -> Any:
        try:
            return str(payload, "utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(f"not UTF-8 text: {preview(payload)} ({error.reason})") from error

    def encode_nothing(self) -> bytes:
        return b""
