"""From a codec's name in the topology to the codec."""

from __future__ import annotations

from orchestrator.codecs.base import Codec, CodecError
from orchestrator.vocabulary import CodecName, JsonValue


def make_codec(
    name: str, *, schema: JsonValue = None, message_type: str | None = None, directory: str = "."
) -> Codec:
    """The codec for a socket.

    `schema` and `message_type` matter to protobuf alone: a JSON Schema of a json or msgpack message is a
    contract that the checker compares at both ends of a link, not a filter in the data path. `directory` is
    what a relative `.proto` path starts from.

    Raises CodecError when the codec's library is missing or its schema cannot be used.
    """
    match name:
        case CodecName.RAW:
            from orchestrator.codecs.plain import RawCodec

            return RawCodec()
        case CodecName.TEXT:
            from orchestrator.codecs.plain import TextCodec

            return TextCodec()
        case CodecName.JSON:
            from orchestrator.codecs.plain import JsonCodec

            return JsonCodec()
        case CodecName.MSGPACK:
            try:
                from orchestrator.codecs.msgpack import MsgpackCodec
            except ImportError as error:
                raise CodecError(f"codec msgpack: {error}", "pip install msgpack") from error
            return MsgpackCodec()
        case CodecName.PROTOBUF:
            from orchestrator.codecs.protobuf import make_protobuf_codec

            return make_protobuf_codec(schema, message_type, directory)
        case _:
            raise CodecError(f"codec {name}: there is no such codec")
