"""Records in one payload."""

from __future__ import annotations

import pytest

from orchestrator.wire.batch import BatchError, join, split


@pytest.mark.parametrize(
    "records", [[], [b""], [b"one"], [b"one", b"", b"three"], [bytes(70_000), b"x"], [b"\0"] * 1000]
)
def test_what_is_joined_is_split_again(records: list[bytes]) -> None:
    assert split(join(records), len(records)) == records


def test_lengths_stand_before_all_records() -> None:
    assert join([b"ab", b"c"]) == b"\x02\0\0\0\x01\0\0\0abc"


@pytest.mark.parametrize(
    ("payload", "count", "reason"),
    [
        (b"", 1, "0 bytes cannot hold 1 records"),
        (b"\x01\0\0", 1, "3 bytes cannot hold 1 records"),
        (b"\x02\0\0\0a", 1, "the records take 6 bytes, and there are 5"),
        (b"\x01\0\0\0ab", 1, "the records take 5 bytes, and there are 6"),
        (b"x", 0, "the records take 0 bytes, and there are 1"),
        (b"\xff\xff\xff\xff" * 2, 2, "take 8589934598 bytes"),
        (b"12345678", 2**32 - 1, "8 bytes cannot hold 4294967295 records"),
    ],
)
def test_what_does_not_fit_is_refused(payload: bytes, count: int, reason: str) -> None:
    with pytest.raises(BatchError, match=reason):
        split(payload, count)
