"""Taking compressed payloads apart, with the library that each needs."""

from __future__ import annotations

import zlib

from orchestrator.codecs import CodecError, DecodeError
from orchestrator.wire.qos import Compression


def inflate(how: Compression, data: bytes, size: int) -> bytes:
    """The payload before it was compressed, of `size` bytes, as its envelope says.

    Raises DecodeError for what is no such thing, CodecError where the library is missing.
    """
    try:
        found = _inflate(how, data, size)
    except ImportError as error:
        raise CodecError(
            f"compression {how}: {error}", f"pip install 'zmq-orchestrator[{how.value}]'"
        ) from error
    except Exception as error:  # each library raises errors of its own, without a common base
        raise DecodeError(f"not {how}: {error}") from error
    if len(found) != size:
        raise DecodeError(f"{len(found)} bytes after decompression, and the envelope says {size}")
    return found


def _inflate(how: Compression, data: bytes, size: int) -> bytes:
    """Never more than `size` bytes: a small message must not become a large one."""
    match how:
        case Compression.GZIP:
            return zlib.decompressobj(wbits=31).decompress(data, size + 1)
        case Compression.ZSTD:
            import zstandard

            return zstandard.ZstdDecompressor().decompress(data, max_output_size=size)
        case Compression.LZ4:
            import lz4.frame

            inflater = lz4.frame.LZ4FrameDecompressor()
            found: bytes = inflater.decompress(data, max_length=size + 1)
            return found
