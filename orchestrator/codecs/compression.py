"""Compressed payloads: zstd, lz4 (frame format) and gzip. The only home of `zstandard` and `lz4`.

Sources: RFC 8878 (zstd), "LZ4 Frame Format", RFC 1952 (gzip). A payload is exactly one frame (gzip: one
member); its size before compression stands in the envelope, and no more than that is ever produced: the few
bytes of a bomb cannot fill the memory.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Any, Final

from orchestrator.codecs.base import CodecError, DecodeError, Payload, first_line
from orchestrator.wire.qos import Compress, Compression

LIMIT: Final = 1 << 30
"""Bytes that a payload may have at most after decompression, unless its socket says less."""
_CHUNK: Final = 1 << 20
_GZIP: Final = 16 + zlib.MAX_WBITS
"""zlib's way to ask for gzip's header."""

Compressor = Callable[[Payload], bytes]
Decompressor = Callable[[Payload, int], bytes]
"""Takes the payload and the size it must have; raises what its library raises, and ValueError."""


def make_compressor(compress: Compress) -> Compressor:
    """A function that compresses payloads. It belongs to one thread. Raises CodecError."""
    level = compress.level
    try:
        match compress.codec:
            case Compression.ZSTD:
                return _zstd_compressor(3 if level is None else level)
            case Compression.LZ4:
                return _lz4_compressor(0 if level is None else level)
            case Compression.GZIP:
                return _gzip_compressor(6 if level is None else level)
    except ImportError as error:
        raise _missing(compress.codec, error) from error
    except (ValueError, OverflowError) as error:
        raise CodecError(f"compression {compress.codec}: level {level}: {first_line(error)}") from error


def worth(compress: Compress, payload: Payload, compressor: Compressor) -> bytes | None:
    """The compressed payload; None where it is below `above`, or would not become smaller."""
    if len(payload) < compress.above:
        return None
    small = compressor(payload)
    return small if len(small) < len(payload) else None


class Decompressors:
    """What a receiving socket needs: it learns from each envelope how the payload was compressed.

    Libraries are loaded when the first such payload comes. Belongs to one thread.
    """

    def __init__(self, limit: int | None = None) -> None:
        """`limit`: bytes of the largest payload after decompression; None: LIMIT."""
        self._limit = LIMIT if limit is None else limit
        self._made: dict[Compression, Decompressor] = {}

    def __call__(self, compression: Compression, payload: Payload, plain_size: int) -> bytes:
        """The payload as it was, `plain_size` bytes. Raises DecodeError, also for a missing library: the
        peer sends what this end cannot read."""
        if plain_size > self._limit:
            raise DecodeError(f"{plain_size} bytes after decompression, and {self._limit} are allowed")
        made = self._made.get(compression)
        if made is None:
            try:
                made = self._made[compression] = make_decompressor(compression)
            except CodecError as error:
                raise DecodeError(f"{error.message} ({error.remedy})") from error
        try:
            plain = made(payload, plain_size)
        except Exception as error:  # three libraries, each with exceptions of its own; the text says which
            raise DecodeError(f"not {compression}: {first_line(error)}") from error
        if len(plain) != plain_size:
            raise DecodeError(
                f"not {compression}: {len(plain)} bytes came out, and {plain_size} were announced"
            )
        return plain


def make_decompressor(compression: Compression) -> Decompressor:
    """A function that decompresses without ever giving more than one byte too many. Raises CodecError."""
    try:
        match compression:
            case Compression.ZSTD:
                return _zstd_decompressor()
            case Compression.LZ4:
                import lz4.frame

                return lambda payload, size: _drained(lz4.frame.LZ4FrameDecompressor(), payload, size)
            case Compression.GZIP:
                return lambda payload, size: _gunzip(payload, size)
    except ImportError as error:
        raise _missing(compression, error) from error


def _missing(compression: Compression, error: ImportError) -> CodecError:
    remedy = f"pip install 'zmq-orchestrator[{compression}]'"
    return CodecError(f"compression {compression}: {error}", remedy)


def _gzip_compressor(level: int) -> Compressor:
    if not 0 <= level <= 9:
        raise ValueError("gzip has levels from 0 to 9")
    return lambda payload: zlib.compress(payload, level, _GZIP)


def _gunzip(payload: Payload, size: int) -> bytes:
    engine = zlib.decompressobj(_GZIP)
    plain = engine.decompress(payload, size + 1)
    if len(plain) <= size and not engine.eof:
        plain += engine.decompress(engine.unconsumed_tail, 1)  # the trailer may be left: no byte comes of it
    return _whole(plain, size, engine.eof, bool(engine.unused_data))


def _drained(engine: Any, payload: Payload, size: int) -> bytes:
    """lz4's and Python's zstd decompressors have the interface of `bz2.BZ2Decompressor`."""
    plain: bytes = engine.decompress(payload, size + 1)
    if len(plain) <= size and not engine.eof and not engine.needs_input:
        plain += engine.decompress(b"", 1)
    return _whole(plain, size, engine.eof, bool(engine.unused_data))


def _whole(plain: bytes, size: int, ended: bool, rest: bool) -> bytes:
    if len(plain) > size:
        raise ValueError(f"more than the {size} bytes that were announced")
    if not ended:
        raise ValueError("it is cut off")
    if rest:
        raise ValueError("bytes follow behind its end")
    return plain


def _lz4_compressor(level: int) -> Compressor:
    import lz4.frame

    def compress(payload: Payload) -> bytes:
        made: bytes = lz4.frame.compress(payload, compression_level=level, content_checksum=False)
        return made

    return compress


def _zstd_compressor(level: int) -> Compressor:
    if sys.version_info >= (3, 14):
        from compression import zstd

        if not zstd.CompressionParameter.compression_level.bounds()[0] <= level <= 22:
            raise ValueError("zstd has levels up to 22")
        return lambda payload: zstd.compress(payload, level)
    import zstandard

    engine: Compressor = zstandard.ZstdCompressor(level=level).compress
    return engine


def _zstd_decompressor() -> Decompressor:
    if sys.version_info >= (3, 14):
        from compression import zstd

        return lambda payload, size: _drained(zstd.ZstdDecompressor(), payload, size)
    import zstandard

    engine = zstandard.ZstdDecompressor(max_window_size=1 << 27)

    def decompress(payload: Payload, size: int) -> bytes:
        announced = zstandard.get_frame_parameters(payload).content_size
        if announced == size:
            # The frame is allocated as large as it says, and cannot give more.
            return engine.decompress(payload, allow_extra_data=False)
        if announced != zstandard.CONTENTSIZE_UNKNOWN:
            raise ValueError(f"its frame announces {announced} bytes, the envelope {size}")
        return _streamed(engine.stream_reader(payload), size)

    return decompress


def _streamed(reader: Any, size: int) -> bytes:
    """A frame that does not say how large it is: read on until it ends or says too much."""
    found = bytearray()
    while len(found) <= size and (chunk := reader.read(min(_CHUNK, size + 1 - len(found)))):
        found += chunk
    if len(found) > size:
        raise ValueError(f"more than the {size} bytes that were announced")
    return bytes(found)
