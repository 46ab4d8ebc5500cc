"""Batches and views: what a message with several records, or a large one, is made of."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from orchestrator.codecs import make_codec
from orchestrator.sdk.tracing import current_work
from orchestrator.wire.batch import join
from orchestrator.wire.envelope import Flag, Header, Trace, pack
from orchestrator.wire.qos import Limits, QoS
from tests.unit.lanes.world import BOTH, batch, ends

ENVELOPE = QoS(envelope=True)
KINDS = pytest.mark.parametrize("qos", [QoS(), ENVELOPE], ids=["bare", "envelope"])


@BOTH
@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_a_view_outlives_its_socket(lane: bool, size: int) -> None:
    with ends("PULL", lane=lane) as found:
        found.socket.use_types(memoryview, None)
        found.bare.send(b"v" * size)
        assert found.socket.raw.poll(5000)
        taken = found.socket.take()
        assert taken is not None
        view = taken[0]
    gc.collect()
    assert isinstance(view, memoryview)
    assert view.readonly
    assert view == b"v" * size
    with pytest.raises(TypeError):
        view[0:1] = b"x"


@BOTH
def test_what_comes_in_a_batch_is_a_view_as_well(lane: bool) -> None:
    with ends("PULL", lane=lane, qos=ENVELOPE) as found:
        found.socket.use_types(memoryview, None)
        for number in (1, 3, 5):
            found.bare.send(batch(number, 2))
        got: list[Any] = []
        while len(got) < 6:
            assert found.socket.raw.poll(5000) or found.socket.waiting
            while (one := found.socket.take()) is not None:
                got.append(one[0])
        assert {type(one) for one in got} == {memoryview}
        assert list(map(bytes, got)) == [b"1", b"2", b"3", b"4", b"5", b"6"]


@BOTH
def test_each_record_of_a_batch_has_the_trace_of_all(lane: bool) -> None:
    """Whatever the node was at between two of them."""
    traces = [Trace(bytes([n]) * 16, b"s" * 8, 1) for n in range(1, 4)]
    with ends("PULL", lane=lane, qos=ENVELOPE) as found:
        seen = []
        for turn, trace in enumerate(traces):
            found.bare.send(batch(1 + 5 * turn, 5, trace=trace))
            assert found.socket.raw.poll(5000)
            for _ in range(5):
                current_work.set(None)
                taken = found.socket.take()
                work = current_work.get()
                assert taken is not None
                assert work is not None
                seen.append((int(taken[0]), work.span.trace_id))
        assert seen == [(1 + n, traces[n // 5].trace_id) for n in range(15)]


@BOTH
def test_a_batch_is_read_as_it_was_to_be_when_it_came(lane: bool) -> None:
    """A codec that comes in the middle is for what comes after it; a bad record counts for who sent it."""
    with ends("PULL", lane=lane, codec="json", qos=ENVELOPE) as found:
        for number in (1, 4):
            head = Header(
                source=1,
                sequence=number,
                number=number,
                timestamp_ns=1,
                codec="json",
                flags=Flag.BATCH,
                count=3,
            )
            found.bare.send(pack(head) + join([b"1", b"2", b"{"]))
        assert found.socket.raw.poll(5000)
        got = []
        while len(got) + len(found.bad) < 6:
            one = found.socket.take()
            if one is not None:
                got.append(one[0])
            if len(got) == 3:
                found.socket.use_codec(make_codec("json"))
        (account,) = found.socket.inlet.accounts.by_source.values()  # type: ignore[attr-defined]
        assert got == [1, 2, 1, 2]
        assert (account.received, account.undecodable) == (6, 2)


@BOTH
def test_no_message_has_more_frames_than_it_may(lane: bool) -> None:
    def detached(number: int) -> list[bytes]:
        head = Header(
            source=1, sequence=number, number=number, timestamp_ns=1, codec="raw", flags=Flag.DETACHED
        )
        return [pack(head), b"%d" % number]

    with ends("SUB", lane=lane, qos=QoS(envelope=True, limits=Limits(frames=2))) as found:
        for message in (detached(1), detached(2), [b"topic", *detached(3)], detached(4)):
            found.bare.send_multipart(message)
        got = []
        while len(got) + len(found.bad) < 4:
            assert found.socket.raw.poll(5000)
            while (one := found.socket.take()) is not None:
                got.append(one)
        assert got == [(b"1", None), (b"2", None), (b"4", None)]
        assert [len(frames) for _, frames, _ in found.bad] == [3]
