"""The schema of a protobuf codec as other programs read it: a FileDescriptorSet with all that it imports."""

from __future__ import annotations

from typing import Any

from orchestrator.codecs import Codec, CodecError, EncodeError


def descriptor_set(codec: Codec) -> tuple[str, bytes]:
    """The message's full name, and the set. Raises CodecError for another codec."""
    try:
        from google.protobuf.descriptor_pb2 import FileDescriptorSet

        descriptor = type(codec.decode(codec.encode({}))).DESCRIPTOR
    except (ImportError, AttributeError, EncodeError, ValueError) as error:
        raise CodecError(f"codec {codec.name} has no descriptor: {error}") from error
    found = FileDescriptorSet()
    _add(descriptor.file, found, set())
    return descriptor.full_name, found.SerializeToString()


def _add(file: Any, found: Any, seen: set[str]) -> None:
    """Imports first, as protoc writes them."""
    if file.name in seen:
        return
    seen.add(file.name)
    for each in file.dependencies:
        _add(each, found, seen)
    file.CopyToProto(found.file.add())
