"""From a codec's name in the topology to the codec."""

from __future__ import annotations

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


_EXTRAS = frozenset({"protobuf", "cbor", "avro", "arrow", "numpy", "zstd", "lz4"})


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
