"""Frames survive any cut of the stream, and descriptors stay with their messages."""

from __future__ import annotations

import pytest

from orchestrator.engines.protocol import (
    Exited,
    FrameReader,
    Kill,
    Message,
    Signal,
    Spawn,
    Spawned,
    encode,
    mark_value,
    spawned_frame,
    with_pid,
)

_SPAWN = Spawn(
    unit="a",
    attempt=1,
    argv=("x", "ü\udcff"),
    host=None,
    changes={"K": "v\udce9", "L": None},
    cwd="/",
    stdin=True,
)
_MESSAGES: list[tuple[Message, list[int]]] = [
    (_SPAWN, [11, 12, 13]),
    (Kill(unit="a", attempt=1), []),
    (Signal(unit="b", attempt=2, signum=15), []),
    (Spawn(unit="c", attempt=1, argv=None, host=b"\0" * 5000, changes={}, cwd="/", stdin=False), [14, 15]),
    (Spawned(unit="c", attempt=1, pid=7), []),
    (Exited(unit="c", attempt=1, pid=7, status=256), []),
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 4096, 1 << 20])
def test_messages_come_out_as_they_went_in(size: int) -> None:
    stream = b"".join(encode(message, len(fds)) for message, fds in _MESSAGES)
    reader = FrameReader()
    reader.feed(b"", [fd for _, fds in _MESSAGES for fd in fds])
    found = []
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size], [])
        found += list(reader.messages())
    assert found == _MESSAGES


def test_missing_descriptors_leave_the_message_short_of_them() -> None:
    reader = FrameReader()
    reader.feed(encode(_SPAWN, 3), [11])
    assert list(reader.messages()) == [(_SPAWN, [11])]


def test_a_frame_may_wait_for_its_process_id() -> None:
    for pid in (1, 300, 4_194_304):
        expected = encode(Spawned(unit="ü", attempt=3, pid=pid))
        assert with_pid(spawned_frame("ü", 3), pid) == expected


def test_marks_of_different_attempts_differ() -> None:
    values = {
        mark_value("m", "a", 1),
        mark_value("m", "a", 11),
        mark_value("m", "a-1", 1),
        mark_value("n", "a", 1),
    }
    assert len(values) == 4
