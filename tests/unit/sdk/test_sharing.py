"""When a message goes through shared memory, and when through the socket; without sockets."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.codecs.base import DecodeError
from orchestrator.sdk.incoming.unsharing import Unsharer
from orchestrator.sdk.outgoing import sharing
from orchestrator.sdk.outgoing.enveloping import Body
from orchestrator.sdk.outgoing.sharing import MIN_BYTES, OFFERS, Sharer, pool_size
from orchestrator.sdk.reports.progress import SocketCounters
from orchestrator.transport.shared import cleaning, files, mapping, pool
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import Flag, Header
from orchestrator.wire.qos import QoS

LARGE = b"x" * MIN_BYTES
SOURCE = 4711


@dataclass
class FakePort:
    name: str = "out"
    sender: str = "feed.out"
    type: SocketType = SocketType.PUSH
    tap: Any = None
    counters: SocketCounters = field(default_factory=SocketCounters)


@dataclass
class FakeOutlet:
    port: FakePort = field(default_factory=FakePort)
    transforms: list[Callable[[Body], None]] = field(default_factory=list)
    source: int = SOURCE
    number: int = 0
    waits: int = 0

    def heed(self) -> None:
        """Nothing is held here."""


@dataclass
class FakeInlet:
    port: FakePort = field(default_factory=lambda: FakePort("in", "sink.in", SocketType.PULL))
    readers: list[Callable[[Header, Any], Any]] = field(default_factory=list)
    heads: list[Callable[[Header], bool]] = field(default_factory=list)
    on_offer: Callable[[Header], None] | None = None

    def ask_about_all(self, ask: Callable[[Header], bool]) -> None:
        self.heads.append(ask)


class Link:
    """A sender and its receivers, and what the sender is told of them."""

    def __init__(self, size: int = 4 * MIN_BYTES, *, waits: bool = False) -> None:
        self.outlet, self.said = FakeOutlet(), []
        self.needed = 1
        self.changes = 0
        self.sharer = Sharer(
            self.outlet,  # type: ignore[arg-type]
            size,
            "/run/x",
            peers=lambda: (self.needed, self.changes),
            connects=False,
            waits=waits,
            say=self.said.append,
        )

    def send(self, payload: bytes, leaves: bool = True) -> tuple[Header, bytes]:
        body = Body([payload[:10], memoryview(payload)[10:]])
        for transform in self.outlet.transforms:
            transform(body)
        number = self.outlet.number + 1
        if leaves:
            self.outlet.number = number
        header = Header(
            source=SOURCE, sequence=0, number=number, timestamp_ns=0, flags=body.flags, offer=body.offer
        )
        return header, b"".join(body.parts)

    def shared(self) -> bool:
        return bool(self.send(LARGE)[0].flags & Flag.SHARED)


class Receiver:
    def __init__(self) -> None:
        self.inlet = FakeInlet()
        self.unsharer = Unsharer(self.inlet)  # type: ignore[arg-type]

    def take(self, message: tuple[Header, bytes]) -> Any:
        header, payload = message
        if header.offer is not None and self.inlet.on_offer is not None:
            self.inlet.on_offer(header)
        assert all(ask(header) for ask in self.inlet.heads)
        for read in self.inlet.readers:
            payload = read(header, payload)
        return payload


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "posix_fallocate"):
        pytest.skip("no shared memory here")
    for module in (pool, mapping, cleaning):
        monkeypatch.setattr(module, "base", lambda: str(tmp_path / "pools"))
    monkeypatch.setattr(files, "unavailable", lambda: None)


def test_from_the_second_large_message_on_it_is_shared() -> None:
    link, receiver = Link(), Receiver()
    first = link.send(LARGE)
    assert first[0].offer is not None
    assert receiver.take(first) == LARGE
    header, handle = second = link.send(LARGE)
    assert header.flags & Flag.SHARED
    assert header.offer is None
    assert len(handle) == 40
    assert bytes(receiver.take(second)) == LARGE
    assert (link.outlet.port.counters.shared, link.outlet.port.counters.shared_full) == (1, 0)


def test_small_messages_are_not_shared_and_carry_offers() -> None:
    link, receiver = Link(), Receiver()
    assert link.send(b"small message")[0].offer is None, "there is no pool yet"
    link.send(LARGE)
    assert receiver.take(link.send(b"small message")) == b"small message"
    assert link.shared()
    assert link.send(b"small message")[0].offer is None, "all have heard it"


def test_while_somebody_cannot_read_it_all_get_whole_messages() -> None:
    link, receiver = Link(), Receiver()
    link.needed = 2
    for _ in range(3):
        assert receiver.take(link.send(LARGE)) == LARGE
    link.needed, link.changes = 1, 1
    assert link.shared()
    link.needed, link.changes = 0, 2
    assert not link.shared(), "nobody is there, or it is not known who"


def test_offers_become_rare_where_nobody_takes_them_up() -> None:
    link = Link()
    offers = [link.send(LARGE)[0].offer is not None for _ in range(4 * OFFERS)]
    assert all(offers[:OFFERS])
    assert sum(offers) == OFFERS + 3
    link.changes = 1
    assert link.send(LARGE)[0].offer is not None, "somebody came"


def test_a_full_pool_copies_and_counts() -> None:
    link, receiver = Link(2 * MIN_BYTES), Receiver()
    receiver.take(link.send(LARGE))
    kept = [receiver.take(link.send(LARGE)) for _ in range(3)]
    assert [type(view) for view in kept] == [memoryview, memoryview, bytes]
    assert link.outlet.port.counters.shared_full == 1
    kept.clear()
    assert link.shared()


def test_a_message_that_did_not_leave_takes_no_room() -> None:
    link, receiver = Link(MIN_BYTES), Receiver()
    receiver.take(link.send(LARGE))
    for _ in range(5):
        assert link.send(LARGE, leaves=False)[0].flags & Flag.SHARED
    assert bytes(receiver.take(link.send(LARGE))) == LARGE


def test_a_sender_that_waits_waits_for_a_place_that_comes_free(monkeypatch: pytest.MonkeyPatch) -> None:
    link, receiver = Link(MIN_BYTES, waits=True), Receiver()
    receiver.take(link.send(LARGE))
    kept = [receiver.take(link.send(LARGE))]
    looks: list[float] = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            kept.clear()

    monkeypatch.setattr(sharing.time, "sleep", look)
    assert link.shared()
    assert len(looks) == 3
    assert link.outlet.port.counters.shared_full == 0


def test_where_readers_keep_all_it_seldom_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    link, receiver = Link(MIN_BYTES, waits=True), Receiver()
    now = [0.0]
    receiver.take(link.send(LARGE))
    kept = receiver.take(link.send(LARGE))
    clock = SimpleNamespace(sleep=lambda s: now.append(now[-1] + s), monotonic=lambda: now[-1])
    monkeypatch.setattr(sharing, "time", clock)
    assert not link.shared()
    waited = len(now)
    assert waited > 10
    for _ in range(63):
        assert not link.shared()
    assert len(now) == waited
    link.shared()
    assert len(now) > waited
    waited = len(now)
    for _ in range(127):
        assert not link.shared()
    assert len(now) == waited
    del kept
    assert link.shared(), "a place that is there needs no waiting"


def test_a_message_that_is_overtaken_keeps_its_place() -> None:
    """It waits for room in the socket, and a timer sends others, which leave before it."""
    link, receiver = Link(4 * MIN_BYTES), Receiver()
    receiver.take(link.send(LARGE))
    overtaken = link.send(b"y" * MIN_BYTES)
    link.outlet.waits = 1
    receiver.take(link.send(b"small message"))
    receiver.take(link.send(LARGE))
    link.outlet.waits = 0
    for _ in range(8):
        link.send(LARGE)
    assert bytes(receiver.take(overtaken)) == b"y" * MIN_BYTES
    for _ in range(4):
        receiver.take(link.send(b"small message"))
        assert link.shared(), "it is free when later ones have been seen"


def test_who_taps_sees_messages() -> None:
    link, receiver = Link(), Receiver()
    receiver.take(link.send(LARGE))
    link.outlet.port.tap = print
    assert receiver.take(link.send(LARGE)) == LARGE
    link.outlet.port.tap = None
    assert link.shared()


def test_a_handle_of_another_message_is_refused() -> None:
    link, receiver = Link(), Receiver()
    receiver.take(link.send(LARGE))
    header, handle = link.send(LARGE)
    with pytest.raises(DecodeError, match="another message"):
        receiver.take((replace(header, number=header.number + 1), handle))
    with pytest.raises(DecodeError, match="another message"):
        receiver.take((replace(header, source=1), handle))
    with pytest.raises(ValueError, match="a handle of 3 bytes"):
        receiver.take((header, b"abc"))
    assert bytes(receiver.take((header, handle))) == LARGE


def test_a_pool_that_cannot_be_opened_is_a_bad_message_with_the_reason() -> None:
    link, receiver, stranger = Link(), Receiver(), Receiver()
    receiver.take(link.send(LARGE))
    message = link.send(LARGE)
    receiver.take(message)
    link.sharer.close()
    with pytest.raises(DecodeError, match="cannot be opened"):
        stranger.take(message)


def test_without_shared_memory_messages_are_copied_and_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link, receiver, message = Link(), Receiver(), None
    receiver.take(link.send(LARGE))
    message = link.send(LARGE)
    monkeypatch.setattr(files, "unavailable", lambda: "there is no /dev/shm")
    poor = Link()
    assert not poor.shared()
    assert not poor.shared()
    assert poor.said == ["there is no /dev/shm"]
    with pytest.raises(DecodeError, match="there is no /dev/shm"):
        Receiver().take(message)


def test_after_the_end_nothing_is_left(tmp_path: Path) -> None:
    link, receiver = Link(), Receiver()
    receiver.take(link.send(LARGE))
    view = receiver.take(link.send(LARGE))
    link.sharer.close()
    receiver.unsharer.close()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert bytes(view) == LARGE


def test_which_sockets_have_a_pool() -> None:
    plain, asked, never = QoS(envelope=True), QoS(envelope=True, shared_memory=7), QoS(shared_memory=0)
    assert pool_size(SocketType.PUSH, "numpy", plain, 99) == 99
    assert pool_size(SocketType.PUB, "arrow", plain, 99) == 99
    assert pool_size(SocketType.PUSH, "json", plain, 99) == 0
    assert pool_size(SocketType.PUSH, "json", asked, 99) == 7
    assert pool_size(SocketType.PULL, "numpy", asked, 99) == 0
    assert pool_size(SocketType.PUSH, "numpy", replace(never, envelope=True), 99) == 0
    assert pool_size(SocketType.PUSH, "numpy", QoS(), 99) == 0, "without an envelope"
    assert sharing.MIN_BYTES <= 65_536


def through(codec: Any, obj: Any) -> tuple[Link, Callable[[], Any]]:
    """An object on its way through a pool that has room for it alone; what takes it out."""
    link, receiver = Link(2 * MIN_BYTES), Receiver()
    receiver.take(link.send(LARGE))
    message = link.send(b"".join(codec.encode_parts(obj)))
    assert message[0].flags & Flag.SHARED
    return link, lambda: codec.decode(receiver.take(message))


def test_a_slice_of_an_array_keeps_its_place() -> None:
    np = pytest.importorskip("numpy")
    from orchestrator.codecs.numpy import NumpyCodec

    link, take = through(NumpyCodec(), np.arange(MIN_BYTES // 8 + 10))
    array = take()
    assert not array.flags.writeable
    row = array[3:5]
    del array
    assert not link.shared()
    assert list(row) == [3, 4]
    del row
    assert link.shared()


def test_a_column_of_a_table_keeps_its_place() -> None:
    pa = pytest.importorskip("pyarrow")
    from orchestrator.codecs.arrow import ArrowCodec

    link, take = through(ArrowCodec(), pa.table({"a": range(5000), "b": range(5000)}))
    column = take()["b"].slice(7, 1)
    assert not link.shared()
    assert column.to_pylist() == [7]
    del column
    assert link.shared()
