"""The writing thread: order, batches, failures that are told once and mended by themselves."""

from __future__ import annotations

import contextlib
import errno
import threading
from dataclasses import dataclass, field
from typing import cast

from orchestrator.runtime.capture.rotation import RotatingFile, WriteFailed
from orchestrator.runtime.capture.writer import HIGH, LOW, Entry, Health, Sink, Writer

FULL = OSError(errno.ENOSPC, "No space left on device")


@dataclass
class Disk:
    """A file that fails, or stands still, when told to."""

    data: bytes = b""
    full: bool = False
    takes: int | None = None
    gate: threading.Event = field(default_factory=threading.Event)
    writes: int = 0
    wrote: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.gate.set()

    def write(self, data: bytes, now: float) -> None:
        del now
        self.gate.wait(20)
        with self.wrote:
            self.writes += 1
            self.wrote.notify_all()
            if self.full:
                lines = data.splitlines(keepends=True)
                kept = lines[: self.takes or 0]
                self.data += b"".join(kept)
                raise WriteFailed(len(lines) - len(kept), FULL)
            self.data += data

    def close(self) -> None:
        self.data += b"<closed>"

    def wait_for(self, text: bytes) -> None:
        with self.wrote:
            assert self.wrote.wait_for(lambda: text in self.data, 20), self.data


@dataclass
class Item:
    text: bytes
    size: int = 10

    def lines(self) -> bytes:
        return self.text

    def count(self) -> int:
        return self.text.count(b"\n")


class Bad(Item):
    def lines(self) -> bytes:
        raise ValueError("a fault")


def _sink(disk: Disk) -> Sink:
    return Sink(cast(RotatingFile, disk), lambda _, lost, reason: f"-{lost} {reason}\n".encode())


class Desk:
    def __init__(self, retry_s: float = 0.01) -> None:
        self.told: list[Health] = []
        self.heard = threading.Condition()
        self.roomy = threading.Event()
        self.writer = Writer(tell=self._tell, room=self.roomy.set, retry_s=retry_s)

    def _tell(self, health: Health) -> None:
        with self.heard:
            self.told.append(health)
            self.heard.notify_all()

    def wait_told(self, count: int) -> None:
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.told) >= count, 20)


def _put(desk: Desk, sink: Sink, *texts: bytes) -> None:
    for text in texts:
        desk.writer.put(sink, cast(Entry, Item(text)))


def test_everything_is_written_in_order_before_the_end() -> None:
    desk, one, two = Desk(), Disk(), Disk()
    first, second = _sink(one), _sink(two)
    for n in range(500):
        _put(desk, first, b"%d\n" % n)
        _put(desk, second, b"%d\n" % -n)
    assert desk.writer.close(20)
    assert one.data == b"".join(b"%d\n" % n for n in range(500)) + b"<closed>"
    assert two.data == b"".join(b"%d\n" % -n for n in range(500)) + b"<closed>"
    assert desk.told == []


def test_what_waits_goes_in_one_write() -> None:
    desk, disk = Desk(), Disk()
    sink = _sink(disk)
    disk.gate.clear()
    _put(desk, sink, *[b"x\n"] * 100)
    disk.gate.set()
    assert desk.writer.close(20)
    assert disk.writes < 10


def test_a_full_disk_is_told_once_and_again_when_it_has_room() -> None:
    desk, disk = Desk(), Disk(full=True)
    sink = _sink(disk)
    _put(desk, sink, b"a\nb\n")
    desk.wait_told(1)
    _put(desk, sink, b"c\n")
    with disk.wrote:
        assert disk.wrote.wait_for(lambda: disk.writes > 5, 20), "it tries again by itself"
    assert desk.told == [Health("No space left on device", 2)]
    disk.full = False
    desk.wait_told(2)
    assert desk.told[1] == Health(None, 3)
    _put(desk, sink, b"d\n")
    assert desk.writer.close(20)
    assert disk.data == b"-3 No space left on device\nd\n<closed>"


def test_one_file_that_cannot_be_written_costs_the_others_nothing() -> None:
    desk, bad, good = Desk(retry_s=1000), Disk(full=True), Disk()
    failing, fine = _sink(bad), _sink(good)
    _put(desk, failing, b"a\n")
    desk.wait_told(1)
    _put(desk, fine, b"x\n")
    _put(desk, failing, b"b\n")
    _put(desk, fine, b"y\n")
    good.wait_for(b"y\n")
    bad.full = False
    assert desk.writer.close(20)
    assert good.data == b"x\ny\n<closed>"
    assert desk.told[0] == Health("No space left on device", 1)
    assert bad.data.endswith(b"<closed>")


def test_lost_lines_are_counted_exactly_when_a_part_is_taken() -> None:
    desk, disk = Desk(retry_s=1000), Disk(full=True, takes=1)
    sink = _sink(disk)
    disk.gate.clear()
    _put(desk, sink, b"a\nb\nc\n")
    disk.gate.set()
    desk.wait_told(1)
    assert disk.data == b"a\n" and sink.lost == 2
    for lost, takes in ((2 + 2, 0), (1, 2)):
        disk.takes = takes
        with contextlib.suppress(WriteFailed):
            sink.write([cast(Entry, Item(b"d\ne\n"))], 0.0)
        assert sink.lost == lost
    assert disk.data == b"a\n-4 No space left on device\nd\n"
    desk.writer.close(20)


def test_a_fault_of_ours_does_not_end_the_thread() -> None:
    desk, disk = Desk(), Disk()
    sink = _sink(disk)
    desk.writer.put(sink, cast(Entry, Bad(b"one\n")))
    desk.wait_told(2)
    _put(desk, sink, b"two\n")
    assert desk.writer.close(20)
    assert disk.data == b"-1 internal error: ValueError('a fault')\ntwo\n<closed>"


def test_word_comes_once_there_is_room_again() -> None:
    desk, disk = Desk(), Disk()
    sink = _sink(disk)
    disk.gate.clear()
    assert not desk.writer.full and not desk.writer.hold()
    while not desk.writer.full:
        desk.writer.put(sink, cast(Entry, Item(b"x\n", size=HIGH // 8)))
    assert desk.writer.hold() and not desk.roomy.is_set()
    before = desk.writer.progress
    disk.gate.set()
    assert desk.roomy.wait(20)
    assert desk.writer.progress > before
    assert desk.writer._shared.size <= LOW
    desk.writer.close(20)


def test_a_disk_that_stands_still_does_not_hold_up_the_end() -> None:
    desk, disk = Desk(), Disk()
    disk.gate.clear()
    _put(desk, _sink(disk), b"x\n")
    assert not desk.writer.close(0.05)
    disk.gate.set()
    assert desk.writer.close(20)
