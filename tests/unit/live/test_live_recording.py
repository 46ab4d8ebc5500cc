"""What is recorded can be read back, by ours and by another library; and it comes at its time."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from live_support import header, socket

from orchestrator.errors import UsageError
from orchestrator.live.board import LiveSocket
from orchestrator.live.mcap.writer import Writer
from orchestrator.live.pacing import MAX, Pacer, speed
from orchestrator.live.reading import Reader, Way
from orchestrator.live.recorded import Played, Recording, unpack_frames
from orchestrator.live.recording import Recorder
from orchestrator.live.spool import Spool
from orchestrator.live.taps import Taken
from orchestrator.wire.batch import join
from orchestrator.wire.envelope import Flag, pack, unpack

mcap_reader = pytest.importorskip("mcap.reader")


class Studio:
    """A recorder in memory."""

    def __init__(self) -> None:
        self.stream = io.BytesIO()
        self.recorder = Recorder(self.stream, topology="lab", project="lab")
        self._readers: dict[str, Reader] = {}

    def take(self, of: LiveSocket, *frames: bytes, way: Way = Way.SENT, at: int = 1) -> None:
        reader = self._readers.setdefault(of.ref, Reader(of))
        for record in reader.read(frames, way, at):
            self.recorder.add(reader, record)

    def played(self, **more: Any) -> list[Played]:
        recording = Recording(self.stream, "x.mcap")
        return list(recording.messages(recording.origins, **more))

    def other(self) -> list[tuple[str, str, bytes, int]]:
        self.stream.seek(0)
        return [
            (channel.topic, channel.message_encoding, message.data, message.sequence)
            for _, channel, message in mcap_reader.make_reader(self.stream).iter_messages(
                log_time_order=False
            )
        ]


def test_topics_and_ways_are_channels() -> None:
    studio = Studio()
    feed, ask = socket("PUB", "feed.ticks"), socket("REP", "gateway.ask")
    studio.take(feed, b"A", b'{"n":1}')
    studio.take(feed, b"B", b'{"n":2}')
    studio.take(ask, b"[3]", way=Way.RECEIVED)
    studio.take(ask, b"[4]", way=Way.SENT)
    studio.take(feed, b"A", b'{"n":5}')
    studio.recorder.finish(7)
    assert studio.other() == [
        ("feed.ticks/A", "json", b'{"n":1}', 1),
        ("feed.ticks/B", "json", b'{"n":2}', 1),
        ("gateway.ask:received", "json", b"[3]", 1),
        ("gateway.ask:sent", "json", b"[4]", 1),
        ("feed.ticks/A", "json", b'{"n":5}', 2),
    ]
    played = studio.played()
    assert [(p.origin.socket, p.topic, p.payload) for p in played] == [
        ("feed.ticks", "A", (b'{"n":1}',)),
        ("feed.ticks", "B", (b'{"n":2}',)),
        ("gateway.ask", None, (b"[3]",)),
        ("gateway.ask", None, (b"[4]",)),
        ("feed.ticks", "A", (b'{"n":5}',)),
    ]
    assert [p.origin.way for p in played[2:4]] == [Way.RECEIVED, Way.SENT]
    studio.stream.seek(0)
    metadata = {m.name: m.metadata for m in mcap_reader.make_reader(studio.stream).iter_metadata()}
    assert metadata["losses"] == {"not_recorded": "7"}


def test_the_envelope_is_kept_beside_the_payload() -> None:
    studio = Studio()
    feed = socket("PUB", "feed.ticks", enveloped=True)
    head = header(flags=Flag.BATCH, count=2, timestamp_ns=5)
    studio.take(feed, b"A", pack(head) + join([b"1", b"2"]), at=9)
    studio.take(feed, b"A", pack(header(flags=Flag.DETACHED)), b"3")
    studio.recorder.finish(0)
    found = studio.other()
    assert [each for each in found if "#" not in each[0]] == [
        ("feed.ticks/A", "json", b"1", 1),
        ("feed.ticks/A", "json", b"2", 2),
        ("feed.ticks/A", "json", b"3", 3),
    ]
    heads = [each for each in found if "#" in each[0]]
    assert [(name, encoding, number) for name, encoding, _, number in heads] == [
        ("feed.ticks/A#head", "zmq-head", 1),
        ("feed.ticks/A#head", "zmq-head", 3),
    ]
    [kept] = unpack_frames(heads[0][2])
    assert unpack(kept).timestamp_ns == 5
    assert kept == pack(head)
    assert [p.payload for p in studio.played()] == [(b"1",), (b"2",), (b"3",)]
    studio.stream.seek(0)
    times = [
        (m.log_time, m.publish_time) for _, _, m in mcap_reader.make_reader(studio.stream).iter_messages()
    ]
    assert (9, 5) in times


def test_a_peer_is_kept_beside_the_payload() -> None:
    studio = Studio()
    studio.take(socket("ROUTER", enveloped=True), b"\0id", b"", pack(header()) + b"1", way=Way.RECEIVED)
    studio.take(socket("ROUTER", "m.s"), b"\0id", b"2", way=Way.RECEIVED)
    studio.recorder.finish(0)
    heads = [unpack_frames(data) for name, _, data, _ in studio.other() if name.endswith("#head")]
    assert heads == [(b"\0id", b"", pack(header())), (b"\0id",)]


def test_an_envelope_behind_a_delimiter() -> None:
    studio = Studio()
    studio.take(socket("DEALER", enveloped=True), b"", pack(header()) + b"1")
    studio.recorder.finish(0)
    assert [unpack_frames(data) for name, _, data, _ in studio.other() if name.endswith("#head")] == [
        (pack(header()),)
    ]


def test_what_cannot_be_read_and_several_frames_are_kept_whole() -> None:
    studio = Studio()
    broken = b"\xc1Z\x09" + b"\0" * 60
    studio.take(socket("PULL", enveloped=True), broken)
    studio.take(socket("PULL", "m.raw", codec="raw"), b"a", b"", b"b")
    studio.take(socket("PULL", "m.raw", codec="raw"), b"c")
    studio.recorder.finish(0)
    assert [p.payload for p in studio.played()] == [(broken,), (b"a", b"", b"b"), (b"c",)]
    assert [encoding for _, encoding, _, _ in studio.other()] == ["zmq-frames", "zmq-frames", "raw"]


def test_schemas_go_along() -> None:
    studio = Studio()
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    studio.take(socket("PUSH", schema=schema, message_type=None), b"{}")
    studio.recorder.finish(0)
    studio.stream.seek(0)
    [(found, _, _)] = list(mcap_reader.make_reader(studio.stream).iter_messages())
    assert (found.encoding, json.loads(found.data)) == ("jsonschema", schema)


def test_protobuf_takes_its_descriptors_along(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools")
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    (tmp_path / "o.proto").write_text(
        'syntax = "proto3"; package t; import "google/protobuf/timestamp.proto";'
        "message Order { int32 n = 1; google.protobuf.Timestamp at = 2; }"
    )
    studio = Studio()
    own = socket("PUSH", codec="protobuf", schema="o.proto", message_type="t.Order", directory=str(tmp_path))
    studio.take(own, b"\x08\x07")
    studio.recorder.finish(0)
    studio.stream.seek(0)
    [(schema, channel, _)] = list(mcap_reader.make_reader(studio.stream).iter_messages())
    assert (schema.name, schema.encoding, channel.message_encoding) == ("t.Order", "protobuf", "protobuf")
    files = FileDescriptorSet.FromString(schema.data).file
    assert [file.name for file in files] == ["google/protobuf/timestamp.proto", "o.proto"]


def test_a_part_by_its_time_and_by_its_socket() -> None:
    studio = Studio()
    for n in range(10):
        studio.take(socket("PUSH", "a-0.out", node="a"), b"%d" % n, at=n + 1)
        studio.take(socket("PUSH", "b.out"), b"x", at=n + 1)
    studio.recorder.flush()  # and no end
    recording = Recording(studio.stream, "x.mcap")
    assert not recording.whole
    assert recording.span == (1, 10)
    for name in ("a.out", "a-0.out"):
        found = recording.messages(recording.chosen([name]), since=4, until=6)
        assert [p.payload for p in found] == [(b"3",), (b"4",)]
    with pytest.raises(UsageError, match=r"holds nothing of c\.out") as caught:
        recording.chosen(["c.out"])
    assert caught.value.remedy == "it holds a-0.out, b.out"


def test_files_that_are_no_recordings() -> None:
    with pytest.raises(UsageError, match="no MCAP file"):
        Recording(io.BytesIO(b"hello, world"), "x")
    stream = io.BytesIO()
    writer = Writer(stream)
    writer.message(writer.channel("t", "json", 0, {}), 1, 1, 1, b"1")
    writer.finish()
    with pytest.raises(UsageError, match="of another program"):
        Recording(stream, "x")


# ------------------------------------------------------------------ a slow disk


class SlowDisk(io.BytesIO):
    """Takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()
        self.free.set()

    def write(self, data: Any) -> int:
        self.free.wait(60)
        return super().write(data)


def test_a_slow_disk_makes_nobody_wait_and_what_is_left_out_is_counted() -> None:
    stream = SlowDisk()
    spool = Spool(Recorder(stream, topology="t", project="p"), room=100_000)
    stream.free.clear()
    own = socket("PUSH", "a.out")
    for n in range(5000):  # returns at once, or the test would time out
        spool.put(Taken(own, Way.SENT, [b"%1000d" % n], n + 1))
    assert 0 < spool.dropped < 5000
    stream.free.set()
    spool.close()
    assert spool.error is None
    recorded = [p.payload for p in _played(spool, stream)]
    assert len(recorded) + spool.dropped == 5000
    assert recorded == sorted(recorded)


def test_what_is_left_at_the_end_is_written_however_long_it_takes() -> None:
    """The clock jumps: each message finds that it is time to flush."""
    stream, now = io.BytesIO(), iter(range(10_000))
    spool = Spool(Recorder(stream, topology="t", project="p"), clock=lambda: float(next(now)))
    for n in range(100):
        spool.put(Taken(socket("PUSH", "a.out"), Way.SENT, [b"%d" % n], n + 1))
    spool.close()
    assert [p.payload for p in _played(spool, stream)] == [(b"%d" % n,) for n in range(100)]


def _played(spool: Spool, stream: io.BytesIO) -> list[Played]:
    spool._recorder.finish(spool.dropped)
    recording = Recording(stream, "x")
    return list(recording.messages(recording.origins))


class FullDisk(io.BytesIO):
    def write(self, data: Any) -> int:
        if self.tell() > 3_000_000:
            raise OSError(28, "No space left on device")
        return super().write(data)


def test_a_full_disk_ends_it_and_leaves_what_was_written() -> None:
    stream = FullDisk()
    spool = Spool(Recorder(stream, topology="t", project="p"))
    for n in range(50):
        spool.put(Taken(socket("PUSH", "a.out"), Way.SENT, [b"%100000d" % n], n + 1))
    spool.close()
    assert isinstance(spool.error, OSError)
    recording = Recording(stream, "x")
    assert not recording.whole
    assert 20 <= len(list(recording.messages(recording.origins))) <= 40


# ------------------------------------------------------------------ pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(
    ("word", "expected"), [("1x", [0.0, 1.0, 3.0]), ("0.5x", [0.0, 2.0, 6.0]), ("10", [0.0, 0.1, 0.3])]
)
def test_messages_come_at_their_time(word: str, expected: list[float]) -> None:
    clock = Clock()
    pacer = Pacer(speed(word), clock=clock, sleep=clock.sleep)
    found = []
    for at_s in (50, 51, 53):
        pacer.wait(at_s * 1_000_000_000)
        found.append(clock.now - 100)
    assert found == pytest.approx(expected)


def test_being_late_once_makes_nothing_else_late() -> None:
    clock = Clock()
    pacer = Pacer(1.0, clock=clock, sleep=clock.sleep)
    pacer.wait(0)
    clock.now += 2.5  # somebody took long to take the first one
    pacer.wait(1_000_000_000)
    assert clock.now == 102.5
    pacer.wait(4_000_000_000)
    assert clock.now == pytest.approx(104.0)
    assert pacer.behind_s == pytest.approx(1.5)


def test_full_speed_waits_for_nothing() -> None:
    clock = Clock()
    pacer = Pacer(speed("max"), clock=clock, sleep=clock.sleep)
    for at_s in range(9):
        pacer.wait(at_s * 1_000_000_000)
    assert clock.slept == []
    assert speed("max") == MAX


@pytest.mark.parametrize("word", ["0", "-1x", "fast", "infx", "nan", ""])
def test_words_that_are_no_speed(word: str) -> None:
    with pytest.raises(UsageError, match="no speed"):
        speed(word)
