"""How several records lie in one payload: their lengths as 32-bit little-endian numbers, then the records,
one after another. How many there are stands in the envelope (`count`)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate, pairwise

from orchestrator import lanes


class BatchError(ValueError):
    """A payload that does not hold the records its envelope announces; the text says why."""


def join(records: Sequence[bytes]) -> bytes:
    """The payload for `records`."""
    if lanes.COMPILED and (joined := lanes.join(records)) is not None:  # type: ignore[arg-type]
        return joined
    return struct.pack(f"<{len(records)}I", *map(len, records)) + b"".join(records)


def split(payload: bytes | memoryview, count: int) -> list[bytes]:
    """The records in `payload`. Raises BatchError."""
    if lanes.COMPILED and (records := lanes.split(payload, count)) is not None:
        return records
    payload = bytes(payload)
    head = 4 * count
    if len(payload) < head:
        raise BatchError(f"{len(payload)} bytes cannot hold {count} records")
    lengths = struct.unpack_from(f"<{count}I", payload)
    if count and lengths.count(lengths[0]) == count and head + lengths[0] * count == len(payload):
        return list(struct.unpack_from(f"{lengths[0]}s" * count, payload, head))  # a third of the time
    ends = list(accumulate(lengths, initial=head))
    if ends[-1] != len(payload):
        raise BatchError(f"the records take {ends[-1]} bytes, and there are {len(payload)}")
    return [payload[start:end] for start, end in pairwise(ends)]
