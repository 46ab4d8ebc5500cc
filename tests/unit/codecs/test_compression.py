"""Compressed payloads: there and back, and that nothing makes more of itself than was announced."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
from typing import Any

import pytest

from orchestrator.codecs import CodecError, DecodeError
from orchestrator.codecs.compression import Decompressors, make_compressor, worth
from orchestrator.wire.qos import Compress, Compression

EVERY = list(Compression)
TEXT = b"what is said often takes little room; " * 200


@pytest.fixture(autouse=True)
def libraries() -> None:
    pytest.importorskip("lz4.frame")
    if sys.version_info < (3, 14):
        pytest.importorskip("zstandard")


@pytest.mark.parametrize("codec", EVERY)
@pytest.mark.parametrize("level", [None, 1, 9])
@pytest.mark.parametrize("plain", [TEXT, b"", b"x"])
def test_there_and_back(codec: Compression, level: int | None, plain: bytes) -> None:
    small = make_compressor(Compress(codec=codec, level=level))(plain)
    assert Decompressors()(codec, small, len(plain)) == plain
    assert Decompressors()(codec, memoryview(small), len(plain)) == plain


def test_only_what_becomes_smaller_is_compressed() -> None:
    compress = Compress(codec=Compression.ZSTD, above=100)
    engine = make_compressor(compress)
    assert worth(compress, b"x" * 99, engine) is None
    assert worth(compress, bytes(range(256)), engine) is None
    found = worth(compress, b"x" * 100, engine)
    assert found is not None
    assert len(found) < 100


@pytest.mark.parametrize("codec", EVERY)
def test_what_does_not_hold_what_was_announced(codec: Compression) -> None:
    small, size, read = make_compressor(Compress(codec=codec))(TEXT), len(TEXT), Decompressors()
    for payload, announced in (
        (small, size - 1),
        (small, size + 1),
        (small, 0),
        (small[:-1], size),
        (small[: len(small) // 2], size),
        (small + b"x", size),
        (small + small, 2 * size),
        (b"", 1),
        (b"no such format", 14),
    ):
        with pytest.raises(DecodeError, match=f"not {codec}: ."):
            read(codec, payload, announced)
    assert read(codec, small, size) == TEXT  # and it still works


@pytest.mark.parametrize("codec", EVERY)
def test_a_bomb_takes_no_memory(codec: Compression) -> None:
    bomb = make_compressor(Compress(codec=codec, level=9))(bytes(8 << 20))
    read = Decompressors()
    with pytest.raises(DecodeError):
        read(codec, b"", 1)  # so that the library is there
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError):
            read(codec, bomb, 1000)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("codec", EVERY)
def test_an_announcement_above_the_limit_is_refused_at_once(codec: Compression) -> None:
    with pytest.raises(DecodeError, match="4294967295 bytes after decompression, and 1073741824 are allowed"):
        Decompressors()(codec, b"", 2**32 - 1)
    small = make_compressor(Compress(codec=codec))(TEXT)
    with pytest.raises(DecodeError, match="and 1000 are allowed"):
        Decompressors(1000)(codec, small, len(TEXT))


def test_a_zstd_frame_that_does_not_say_its_size() -> None:
    zstandard = pytest.importorskip("zstandard")
    engine = zstandard.ZstdCompressor().compressobj()
    small = engine.compress(TEXT) + engine.flush()
    read = Decompressors()
    assert read(Compression.ZSTD, small, len(TEXT)) == TEXT
    for size in (len(TEXT) - 1, len(TEXT) + 1):
        with pytest.raises(DecodeError):
            read(Compression.ZSTD, small, size)
    engine = zstandard.ZstdCompressor().compressobj()
    bomb = engine.compress(bytes(64 << 20)) + engine.flush()
    with pytest.raises(DecodeError, match="more than the 1000 bytes"):
        read(Compression.ZSTD, bomb, 1000)


def test_what_any_gzip_writes_is_read() -> None:
    assert Decompressors()(Compression.GZIP, gzip.compress(TEXT), len(TEXT)) == TEXT
    assert gzip.decompress(make_compressor(Compress(codec=Compression.GZIP))(TEXT)) == TEXT


@pytest.mark.parametrize(("codec", "level"), [(Compression.GZIP, 10), (Compression.ZSTD, 99)])
def test_a_level_that_there_is_not(codec: Compression, level: int) -> None:
    with pytest.raises(CodecError, match=f"compression {codec}: level {level}: ."):
        make_compressor(Compress(codec=codec, level=level))


@pytest.mark.parametrize(
    ("codec", "library"), [(Compression.ZSTD, "zstandard"), (Compression.LZ4, "lz4.frame")]
)
def test_a_missing_library(codec: Compression, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if codec is Compression.ZSTD and sys.version_info >= (3, 14):
        pytest.skip("it comes with Python")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(CodecError) as caught:
        make_compressor(Compress(codec=codec))
    assert caught.value.remedy == f"pip install 'zmq-orchestrator[{codec}]'"
    with pytest.raises(DecodeError, match="pip install"):
        Decompressors()(codec, b"x", 1)


def test_a_library_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import orchestrator.codecs.compression as module

    made: list[Any] = []
    real = module.make_decompressor
    monkeypatch.setattr(module, "make_decompressor", lambda c: made.append(c) or real(c))
    read = Decompressors()
    for _ in range(3):
        read(Compression.GZIP, gzip.compress(b"x"), 1)
    assert made == [Compression.GZIP]
