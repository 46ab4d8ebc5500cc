"""Messages as the types that a node's author wrote: dataclasses and `msgspec.Struct`s, in and out.

A codec made for plain values (json, msgpack, cbor, avro) is wrapped: what it decodes becomes the type of the
handler's annotation, and a value that does not fit is a message that cannot be decoded.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import typing
from collections.abc import Callable
from typing import Any, Final

from orchestrator.codecs.base import Codec, DecodeError, EncodeError, Payload, kind, preview
from orchestrator.codecs.plain import ViewCodec
from orchestrator.sdk.errors import NodeError

_OF_VALUES: Final = ("json", "msgpack", "cbor", "avro")
"""Codecs whose payloads are plain values: maps, lists, numbers, texts."""
_WRITE_RECORDS: Final = ("json", "msgpack")
"""Those that write records by themselves."""


def is_converted(hint: Any) -> bool:
    """Whether messages become this type: one that is made of fields or holds one that is, or a view."""
    return hint is memoryview or _is_record(hint)


def _is_record(hint: Any) -> bool:
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or hasattr(hint, "__struct_fields__")):
        return True
    return any(_is_record(inner) for inner in typing.get_args(hint))


def typed(codec: Codec, receives: Any, sends: Any, where: str) -> Codec:
    """`codec`, so that it takes and gives these types; itself where there is nothing to convert.

    Raises NodeError when the codec's payloads have no fields, or msgspec does not know the type.
    """
    wanted = receives if is_converted(receives) else None
    given = sends if _is_record(sends) else None
    if wanted is None and given is None:
        return codec
    if codec.name == "raw" and wanted is memoryview and given is None:
        return ViewCodec()
    if codec.name not in _OF_VALUES:
        if codec.name in ("raw", "text"):
            name = described(wanted or given)
            raise NodeError(
                f"{where}: codec {codec.name} carries no {name}", "give the socket `codec: json` or msgpack"
            )
        return codec  # its messages have types of their own
    return _TypedCodec(codec, wanted, where)


def judged(codec: Codec, check: Callable[[Any], None]) -> Callable[[Any], None]:
    """`check` of a socket, for messages that `codec` makes: a schema judges what came in, not the type that
    was made of it. To be called before the socket takes the codec."""
    if not isinstance(codec, _TypedCodec):
        return check
    decode, plainly = codec.decode, codec.inner.decode
    last: list[Payload] = [b""]

    def remember(payload: Payload) -> Any:
        last[0] = payload
        return decode(payload)

    codec.decode = remember
    return lambda _message: check(plainly(last[0]))


class _TypedCodec:
    """A codec of plain values with a type on top; in all else the codec itself."""

    def __init__(self, inner: Codec, wanted: Any, where: str) -> None:
        msgspec = _library(where)
        self.name = inner.name
        self.encode_nothing = inner.encode_nothing
        self.encode: Callable[[Any], bytes] = (
            inner.encode if inner.name in _WRITE_RECORDS else self._encode_plain
        )
        self.inner = inner
        self._to_plain: Callable[[Any], Any] = functools.partial(
            msgspec.to_builtins, builtin_types=(bytes, datetime.datetime), str_keys=False
        )
        self.decode: Callable[[Payload], Any] = inner.decode
        if wanted is not None:
            self.decode = _decoder(msgspec, inner, wanted, where)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)

    def _encode_plain(self, obj: Any) -> bytes:
        try:
            plain = self._to_plain(obj)
        except (TypeError, ValueError, RecursionError) as error:
            raise EncodeError(f"cannot send {kind(obj)} as {self.name}: {error}") from error
        return self.inner.encode(plain)


def _decoder(msgspec: Any, inner: Codec, wanted: Any, where: str) -> Callable[[Payload], Any]:
    convert = functools.partial(msgspec.convert, type=wanted)
    plainly = inner.decode
    try:
        made = {"json": msgspec.json.Decoder, "msgpack": msgspec.msgpack.Decoder}.get(inner.name)
        if made is not None and type(inner).__module__.startswith("orchestrator.codecs."):
            convert, plainly = made(wanted).decode, _as_it_is
        else:
            msgspec.json.Decoder(wanted)  # says now what it does not know
    except (TypeError, NameError) as error:
        raise NodeError(f"{where}: messages cannot become {described(wanted)}: {error}") from error

    def decode(payload: Payload) -> Any:
        try:
            return convert(plainly(payload))
        except DecodeError:
            raise
        except Exception as error:  # of msgspec, and whatever the type's own __post_init__ raises
            name = described(wanted)
            raise DecodeError(f"no {name}: {preview(payload)} ({error})") from error

    return decode


def _as_it_is(payload: Payload) -> Payload:
    return payload


def described(hint: Any) -> str:
    """A type as its author writes it."""
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint)


def _library(where: str) -> Any:
    try:
        import msgspec
    except ImportError as error:
        raise NodeError(f"{where}: typed messages need msgspec", "pip install msgspec") from error
    return msgspec


__all__ = ["described", "is_converted", "judged", "typed"]
