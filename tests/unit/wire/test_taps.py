"""The frame before a copy."""

from __future__ import annotations

import pytest

from orchestrator.wire.taps import RECEIVED, CopyError, CopyHead, pack_head, read_head


def test_it_reads_back() -> None:
    head = CopyHead(RECEIVED, 1_700_000_000_123_456_789, 12, "gäteway.ask")
    assert read_head(pack_head(head)) == head


def test_its_bytes_are_those_of_the_protocol() -> None:
    assert pack_head(CopyHead(1, 2, 3, "a.b")) == b"\x01" + b"\x02" + b"\0" * 7 + b"\x03" + b"\0" * 7 + b"a.b"


@pytest.mark.parametrize("frame", [b"", b"\0" * 16, b"\0" * 17 + b"\xff"])
def test_other_bytes_are_refused(frame: bytes) -> None:
    with pytest.raises(CopyError):
        read_head(frame)
