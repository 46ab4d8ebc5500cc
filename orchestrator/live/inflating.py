"""Taking compressed payloads apart, with the library that each needs."""

from __future__ import annotations

from orchestrator.codecs import DecodeError
from orchestrator.codecs.base import first_line
from orchestrator.codecs.compression import make_decompressor
from orchestrator.wire.qos import Compression


def inflate(how: Compression, data: bytes, size: int) -> bytes:
    """The payload before it was compressed, of `size` bytes, as its envelope says.

    Never more than that is made: a small message must not become a large one. Raises DecodeError for what is
    no such thing, CodecError where the library is missing.
    """
    decompress = make_decompressor(how)
    try:
        found = decompress(data, size)
    except Exception as error:  # each library raises errors of its own, without a common base
        raise DecodeError(f"not {how}: {first_line(error)}") from error
    if len(found) != size:
        raise DecodeError(f"{len(found)} bytes after decompression, and the envelope says {size}")
    return found
