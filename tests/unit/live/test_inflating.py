"""Compressed payloads on a live link, and in recordings: what is announced is what may come out."""

from __future__ import annotations

import tracemalloc

import pytest

from orchestrator.codecs import DecodeError
from orchestrator.codecs.compression import make_compressor
from orchestrator.live.inflating import inflate
from orchestrator.wire.qos import Compress, Compression

TEXT = b"what is said often takes little room; " * 200


@pytest.fixture(autouse=True)
def libraries() -> None:
    pytest.importorskip("lz4.frame")
    pytest.importorskip("zstandard")


@pytest.mark.parametrize("how", list(Compression))
def test_there_and_back(how: Compression) -> None:
    assert inflate(how, make_compressor(Compress(codec=how))(TEXT), len(TEXT)) == TEXT


@pytest.mark.parametrize("how", list(Compression))
def test_no_more_than_was_announced(how: Compression) -> None:
    bomb = make_compressor(Compress(codec=how))(bytes(32 << 20))
    with pytest.raises(DecodeError):
        inflate(how, b"", 1)  # so that the library is there
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError):
            inflate(how, bomb, 1000)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    for size in (len(TEXT) - 1, len(TEXT) + 1):
        with pytest.raises(DecodeError):
            inflate(how, make_compressor(Compress(codec=how))(TEXT), size)
