"""Protocol Buffers. The only home of `google.protobuf` and `grpc_tools`.

A schema is a `.proto` file, compiled in memory when the node starts, or the name of a generated module
(`trading.order_pb2`). Nodes receive message objects; they may send message objects or dicts.
"""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

from orchestrator.codecs.base import CodecError, DecodeError, EncodeError, Payload, first_line, kind, preview
from orchestrator.vocabulary import CodecName, JsonValue

_INSTALL = "pip install 'zmq-orchestrator[protobuf]'"


class ProtobufCodec:
    """One message type.

    Decodes to the message object, because making a dict of it costs four times as much.
    """

    name: str = CodecName.PROTOBUF

    def __init__(self, message_class: type[Any]) -> None:
        from google.protobuf import json_format, message

        self._class = message_class
        self._type_name: str = message_class.DESCRIPTOR.full_name
        self._parse_dict = json_format.ParseDict
        self._parse_error = json_format.ParseError
        self._decode_error = message.DecodeError
        self._encode_error = message.EncodeError

    def encode(self, obj: Any) -> bytes:
        try:
            message = self._parse_dict(obj, self._class()) if isinstance(obj, dict) else obj
            if isinstance(message, self._class):
                payload: bytes = message.SerializeToString()
                return payload
        except (self._parse_error, self._encode_error, TypeError, ValueError, RecursionError) as error:
            said = first_line(error).replace("Failed to parse ", "").rstrip(".")
            raise EncodeError(f"cannot send the {kind(obj)} as {self._type_name}: {said}") from error
        raise EncodeError(
            f"cannot send {kind(obj)}: this socket carries {self._type_name} (a message or a dict)"
        )

    def decode(self, payload: Payload) -> Any:
        try:
            return self._class.FromString(payload if type(payload) is bytes else bytes(payload))
        except (self._decode_error, ValueError) as error:
            raise DecodeError(f"not a {self._type_name}: {preview(payload)} ({first_line(error)})") from error

    def encode_nothing(self) -> bytes:
        return b""

    def canonical(self) -> str:
        from orchestrator.codecs.proto_canonical import canonical

        return canonical(self._class.DESCRIPTOR)


def make_protobuf_codec(schema: JsonValue, message_type: str | None, directory: str) -> ProtobufCodec:
    """Find the message class that `schema` and `message_type` name. Raises CodecError."""
    try:
        import google.protobuf.message  # noqa: F401
    except ImportError as error:
        raise CodecError(f"codec protobuf: {error}", _INSTALL) from error
    if not isinstance(schema, str) or not message_type:
        raise CodecError(
            "codec protobuf needs a schema and a type",
            "declare a message: {codec: protobuf, schema: protos/order.proto, type: trading.Order}",
        )
    if schema.endswith(".proto"):
        return ProtobufCodec(_compile(Path(directory, schema), message_type))
    return ProtobufCodec(_import_class(schema, message_type))


def _import_class(module_name: str, message_type: str) -> type[Any]:
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise CodecError(
            f"codec protobuf: cannot import {module_name!r}: {error}",
            "`schema` is a path ending in .proto or the name of a generated module",
        ) from error
    short = message_type.rpartition(".")[2]
    found = getattr(module, short, None)
    descriptor = getattr(found, "DESCRIPTOR", None)
    if found is None or descriptor is None or descriptor.full_name != message_type:
        names = ", ".join(m.full_name for m in module.DESCRIPTOR.message_types_by_name.values())
        raise CodecError(f"codec protobuf: {module_name} has no message {message_type}", f"it has {names}")
    result: type[Any] = found
    return result


def _compile(path: Path, message_type: str) -> type[Any]:
    """Compile a `.proto` file with the bundled protoc, into a pool of its own: two files may define one
    name."""
    if not path.is_file():
        raise CodecError(f"codec protobuf: {path} does not exist")
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    files = descriptor_pb2.FileDescriptorSet.FromString(_run_protoc(path))
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)  # type: ignore[no-untyped-call, unused-ignore]
    try:
        descriptor = pool.FindMessageTypeByName(message_type)  # type: ignore[no-untyped-call, unused-ignore]
    except KeyError as error:
        package = files.file[-1].package
        names = ", ".join(f"{package}.{m.name}".lstrip(".") for m in files.file[-1].message_type)
        raise CodecError(
            f"codec protobuf: {path} defines no message {message_type}", f"it has {names}"
        ) from error
    found: type[Any] = message_factory.GetMessageClass(descriptor)
    return found


def _run_protoc(path: Path) -> bytes:
    try:
        from grpc_tools import protoc
    except ImportError as error:
        raise CodecError(
            f"codec protobuf: {path} has to be compiled, and grpcio-tools is not installed",
            f"{_INSTALL}, or name a generated module in `schema` (order_pb2)",
        ) from error
    wellknown = str(Path(protoc.__file__).parent / "_proto")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "descriptors")
        code = protoc.main(
            [
                "protoc",
                f"-I{path.parent}",
                f"-I{wellknown}",
                "--include_imports",
                f"--descriptor_set_out={out}",
                str(path),
            ]
        )
        if code != 0:
            raise CodecError(f"codec protobuf: {path} does not compile", "protoc's own words are above")
        return out.read_bytes()
