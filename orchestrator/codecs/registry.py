"""From a codec's name in the topology to the codec."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from orchestrator.codecs.base import Codec, CodecError
from orchestrator.vocabulary import CodecName, JsonValue


def make_codec(
    name: str, *, schema: JsonValue = None, message_type: str | None = None, directory: str = "."
) -> Codec:
    """The codec for a socket.

    `schema` and `message_type` matter to protobuf, avro and other packages' codecs. A JSON Schema of a json,
    msgpack or cbor message is none of the codec's business: `codecs.checking` compares payloads with it.
    `directory` is what a relative path in `schema` starts from.

    Raises CodecError when there is no such codec, its library is missing or its schema cannot be used.
    """
    if "." in name:
        from orchestrator.codecs.foreign import make_foreign_codec

        return make_foreign_codec(name, schema, message_type, directory)
    try:
        return _make(name, schema, message_type, directory)
    except ImportError as error:
        raise CodecError(f"codec {name}: {error}", install(name)) from error


def install(name: str) -> str:
    """The command that installs what the codec or compression `name` needs."""
    return f"pip install 'zmq-orchestrator[{name}]'" if name in _EXTRAS else "pip install zmq-orchestrator"


def libraries(name: str) -> tuple[str, ...]:
    """The modules, beside those that are always there, that the codec or compression `name` needs."""
    if name == "zstd" and sys.version_info >= (3, 14):
        return ()
    return _EXTRAS.get(name, ())


_EXTRAS: Final[Mapping[str, tuple[str, ...]]] = {
    "protobuf": ("google.protobuf",),
    "cbor": ("cbor2",),
    "avro": ("fastavro",),
    "arrow": ("pyarrow",),
    "numpy": ("numpy",),
    "zstd": ("zstandard",),
    "lz4": ("lz4",),
}
"""Extras of the package (pyproject.toml), and what they are for."""


def _make(name: str, schema: JsonValue, message_type: str | None, directory: str) -> Codec:
    """Raises ImportError where a library is missing."""
    match name:
        case CodecName.RAW:
            from orchestrator.codecs.plain import RawCodec

            return RawCodec()
        case CodecName.TEXT:
            from orchestrator.codecs.plain import TextCodec

            return TextCodec()
        case CodecName.JSON:
            from orchestrator.codecs.json import JsonCodec

            return JsonCodec()
        case CodecName.MSGPACK:
            from orchestrator.codecs.msgpack import MsgpackCodec

            return MsgpackCodec()
        case CodecName.CBOR:
            from orchestrator.codecs.cbor import CborCodec

            return CborCodec()
        case CodecName.PROTOBUF:
            from orchestrator.codecs.protobuf import make_protobuf_codec

            return make_protobuf_codec(schema, message_type, directory)
        case CodecName.AVRO:
            from orchestrator.codecs.avro import make_avro_codec

            return make_avro_codec(schema, message_type, directory)
        case CodecName.ARROW:
            from orchestrator.codecs.arrow import ArrowCodec

            return ArrowCodec()
        case CodecName.NUMPY:
            from orchestrator.codecs.numpy import NumpyCodec

            return NumpyCodec()
        case CodecName.PICKLE:
            from orchestrator.codecs.pickle import PickleCodec

            return PickleCodec()
        case _:
            known = ", ".join(codec.value for codec in CodecName)
            raise CodecError(f"codec {name}: there is no such codec", f"there are {known}")
