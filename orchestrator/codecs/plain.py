"""The codecs that need no library: raw bytes, UTF-8 text, JSON."""

from __future__ import annotations

import json
from typing import Any

from orchestrator.codecs.base import DecodeError, EncodeError, kind, preview
from orchestrator.vocabulary import CodecName


class RawCodec:
    """Bytes in, bytes out."""

    name = CodecName.RAW

    def encode(self, obj: Any) -> bytes:
        if isinstance(obj, bytes):
            return obj
        if isinstance(obj, (bytearray, memoryview)):
            return bytes(obj)
        raise EncodeError(
            f"cannot send {kind(obj)} as raw bytes: give the socket a codec in the topology "
            "(`codec: json`, `codec: msgpack`, `codec: text` or a `message`), or send bytes"
        )

    def decode(self, payload: bytes) -> Any:
        return payload

    def encode_nothing(self) -> bytes:
        return b""


class TextCodec:
    """Strings as UTF-8."""

    name = CodecName.TEXT

    def encode(self, obj: Any) -> bytes:
        if not isinstance(obj, str):
            raise EncodeError(f"cannot send {kind(obj)} as text: `codec: text` takes str")
        try:
            return obj.encode()
        except UnicodeEncodeError as error:
            raise EncodeError(f"cannot send the text as UTF-8: {error}") from error

    def decode(self, payload: bytes) -> Any:
        try:
            return str(payload, "utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(f"not UTF-8 text: {preview(payload)} ({error.reason})") from error

    def encode_nothing(self) -> bytes:
        return b""


class JsonCodec:
    """JSON (RFC 8259) in UTF-8.

    NaN and Infinity are refused both ways, because other languages do not read them.
    """

    name = CodecName.JSON

    def __init__(self) -> None:
        self._encode = json.JSONEncoder(
            ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_not_json
        ).encode
        self._decode = json.JSONDecoder(parse_constant=_refuse_constant).decode

    def encode(self, obj: Any) -> bytes:
        try:
            return self._encode(obj).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise EncodeError(f"cannot send {kind(obj)} as JSON: {error}") from error

    def decode(self, payload: bytes) -> Any:
        try:
            return self._decode(str(payload, "utf-8"))
        except (ValueError, RecursionError) as error:
            raise DecodeError(f"not JSON: {preview(payload)} ({error})") from error

    def encode_nothing(self) -> bytes:
        return b"null"


def _not_json(obj: object) -> Any:
    raise TypeError(f"{kind(obj)} has no JSON form")


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
