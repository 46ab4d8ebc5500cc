"""Lanes and the lives of what they touch: sockets that close, codecs that change, threads, processes, garbage."""

from __future__ import annotations

import gc
import hashlib
import inspect
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq

from orchestrator import lanes
from orchestrator.codecs import make_codec
from orchestrator.codecs.plain import ViewCodec
from orchestrator.sdk import express
from orchestrator.sdk.errors import Stopped
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.reports.progress import Progress
from orchestrator.sdk.socket import Socket
from orchestrator.wire.envelope import Header, pack, unpack
from orchestrator.wire.qos import QoS
from tests.unit.lanes.world import BOTH, Ends, ends

ENVELOPE = QoS(envelope=True)
KINDS = pytest.mark.parametrize("qos", [QoS(), ENVELOPE], ids=["bare", "envelope"])


def lane_of(found: Ends) -> Any:
    lane = found.socket.lane
    assert lane is not None
    return lane


def test_there_are_lanes_where_there_is_a_compiler() -> None:
    """The test environment has one, where it says so; then nobody is to find out later that nothing was compiled."""
    if os.environ.get("ORCHESTRATOR_LANES") == "off" or not os.environ.get("ORCHESTRATOR_LANES_WANTED"):
        pytest.skip("ORCHESTRATOR_LANES_WANTED is not set")
    assert express.available()


def test_what_is_compiled_is_what_stands_here() -> None:
    """After a change of the C files: `pip install -e .` again."""
    if not lanes.COMPILED:
        pytest.skip("nothing is compiled here")
    from orchestrator.lanes.compiled import DIGEST

    directory = Path(lanes.__file__).parent
    files = sorted([*directory.glob("*.c"), *directory.glob("*.h")])
    assert DIGEST in ("", hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest())


@BOTH
@KINDS
def test_a_closed_socket_is_an_error_and_not_a_crash(lane: bool, qos: QoS) -> None:
    with ends("PAIR", lane=lane, qos=qos) as found:
        found.socket.send(b"a")
        found.socket.raw.close(0)
        for _ in range(3):
            with pytest.raises(zmq.ZMQError):
                found.socket.send(b"b")
            with pytest.raises(zmq.ZMQError):
                found.socket.take()
        if lane:
            with pytest.raises(zmq.ZMQError):
                lane_of(found).serve(
                    print, True, print, Progress(), found.control, 10, found.control.wake.fd, 10
                )


def test_a_context_that_is_destroyed_takes_the_handles_back() -> None:
    with ends("PAIR", lane=True) as found:
        found.bare.close(0)
        found.context.destroy(0)
        with pytest.raises(zmq.ZMQError):
            found.socket.send(b"b")


@BOTH
@KINDS
def test_a_codec_may_close_its_own_socket(lane: bool, qos: QoS) -> None:
    class Closing(ViewCodec):
        name = "json"

        def encode(self, obj: Any) -> bytes:
            found.socket.raw.close(0)
            return b"1"

    with ends("PUSH", lane=lane, codec="json", qos=qos) as found:
        found.socket.use_codec(Closing())
        with pytest.raises(zmq.ZMQError):
            found.socket.send(1)
        assert found.socket.counters.sent == 0


@BOTH
@KINDS
def test_a_decoder_may_close_its_own_socket(lane: bool, qos: QoS) -> None:
    class Closing(ViewCodec):
        name = "json"

        def decode(self, payload: Any) -> Any:
            found.socket.raw.close(0)
            raise ValueError("enough")

    with ends("PULL", lane=lane, codec="json", qos=qos) as found:
        found.socket.use_codec(Closing())
        found.bare.send(b"1" if not qos.envelope else b"\xc1Zno header")
        assert found.socket.raw.poll(5000)
        if qos.envelope:
            assert found.socket.take() is None
        else:
            with pytest.raises(zmq.ZMQError):
                found.socket.take()
        assert len(found.bad) == 1


def test_whoever_taps_sees_each_message() -> None:
    with ends("PAIR", lane=True) as found:
        seen: list[tuple[list[bytes], bool]] = []

        def exchange(data: bytes) -> None:
            found.socket.send(data)
            assert found.bare.recv() == data
            found.bare.send(data)
            assert found.socket.raw.poll(5000)
            assert found.socket.take() == (data, None)

        exchange(b"1")
        found.socket.tap = lambda frames, sent: seen.append((frames, sent))
        exchange(b"2")
        found.socket.tap = None
        exchange(b"3")
        assert seen == [([b"2"], True), ([b"2"], False)]
        assert (found.socket.counters.sent, found.socket.counters.received) == (3, 3)


def test_a_held_socket_waits() -> None:
    with ends("PUSH", lane=True) as found:
        found.socket.send(b"1")
        found.control.hold("s", 1, sys.maxsize)
        with pytest.raises(Exception, match="held"):
            found.socket.send(b"2", timeout=0.01)
        threading.Timer(0.05, lambda: found.control.release(1)).start()
        found.socket.send(b"2")
        assert [found.bare.recv(), found.bare.recv()] == [b"1", b"2"]


@KINDS
def test_nothing_is_kept_of_what_has_gone_through(qos: QoS) -> None:
    with ends("PAIR", lane=True, codec="msgpack", qos=qos, peers=1) as found:

        def exchange(times: int) -> None:
            for number in range(times):
                found.socket.send({"n": number, "pad": "x" * (20_000 if number % 50 == 0 else 10)})
                frame = found.bare.recv()
                found.bare.send(frame)
                found.bare.send_multipart([b"odd", b"one"])
                until = found.socket.counters.received + 2
                while found.socket.counters.received < until:
                    found.socket.raw.poll(5000)
                    found.socket.take()

        found.socket.port.bad = lambda *_: None
        exchange(300)
        gc.collect()
        before = sys.getallocatedblocks()
        exchange(2000)
        gc.collect()
        assert sys.getallocatedblocks() - before < 200


@KINDS
def test_a_socket_that_is_gone_is_collected(qos: QoS) -> None:
    with ends("PAIR", lane=True, codec="msgpack", qos=qos) as found:
        outlet, inlet = weakref.ref(found.socket.outlet), weakref.ref(found.socket.inlet)
        found.socket.send(1)
        found.socket.take()
        found.socket.raw.close(0)
        found.control.sockets.clear()
        found.control.progress.sockets.clear()
        found.socket.port.bad = print  # the fixture's own holds on to nothing else
        raw, bare, context, control = found.socket.raw, found.bare, found.context, found.control
        found.socket = None  # type: ignore[assignment]
        gc.collect()
        assert (outlet(), inlet()) == (None, None)
        del raw, bare, context, control


@pytest.mark.timeout(200)
def test_memory_that_is_lent_within_a_process_is_given_back() -> None:
    if not express.available():
        pytest.skip("nothing is compiled here")
    flood = Path(__file__).parent / "inproc_flood.py"
    done = subprocess.run(
        [sys.executable, str(flood), "30000"], capture_output=True, text=True, check=False, timeout=150
    )
    assert done.stdout == "all came\n", done.stderr


@BOTH
@KINDS
def test_a_codec_may_be_changed_while_it_encodes(lane: bool, qos: QoS) -> None:
    """What was begun is ended with the one that began it; it is not freed meanwhile."""

    def change(_: object) -> str:
        found.socket.use_codec(make_codec("json"))
        gc.collect()
        return "changed"

    class Changing(ViewCodec):
        name = "json"

        def __init__(self) -> None:
            self.encode = msgspec.json.Encoder(enc_hook=change).encode  # type: ignore[method-assign]

    with ends("PUSH", lane=lane, codec="json", qos=qos) as found:
        for _ in range(3):
            found.socket.use_codec(Changing())
            found.socket.send(object())
            assert found.bare.recv().endswith(b'"changed"')


@BOTH
def test_a_codec_may_be_changed_while_it_decodes(lane: bool) -> None:
    class Changing(ViewCodec):
        name = "json"

        def __init__(self) -> None:
            self.decode = msgspec.json.Decoder(list[Any], dec_hook=None).decode  # type: ignore[method-assign]

    class Hook:
        pass

    def change(_: type, value: Any) -> Any:
        found.socket.use_codec(make_codec("json"))
        gc.collect()
        return Hook()

    with ends("PULL", lane=lane, codec="json") as found:
        for _ in range(3):
            codec = Changing()
            codec.decode = msgspec.json.Decoder(list[Hook], dec_hook=change).decode  # type: ignore[method-assign]
            found.socket.use_codec(codec)
            del codec
            found.bare.send(b"[1]")
            assert found.socket.raw.poll(5000)
            taken = found.socket.take()
            assert taken is not None
            assert isinstance(taken[0][0], Hook)


@BOTH
def test_a_hold_that_comes_while_another_thread_looks_is_seen(lane: bool) -> None:
    with ends("PUSH", lane=lane) as found:
        outlet, control = found.socket.outlet, found.control
        look, looks = outlet._is_clear, list[bool]()

        def late() -> bool:
            clear = look()
            if not looks:  # the other thread holds the socket when this one has looked
                control.holds = {"s": {1: sys.maxsize}}
            looks.append(clear)
            return clear

        outlet._is_clear = late  # type: ignore[method-assign]
        outlet.heed()
        assert looks[0] is True
        with pytest.raises(Exception, match="held"):
            found.socket.send(b"1", timeout=0.01)
        control.stop()
        with pytest.raises(Stopped):
            found.socket.send(b"1")


def test_a_lane_looks_like_the_method_in_whose_place_it_is() -> None:
    with ends("PUB", lane=True, topics=("t",)) as found:
        send, plain = found.socket.send, Socket.send
        assert list(inspect.signature(send).parameters) == list(inspect.signature(plain).parameters)[1:]
        assert send.__name__ == "send"
        assert weakref.ref(send)() is send
        with pytest.raises(AttributeError):
            send.nothing  # type: ignore[attr-defined]  # noqa: B018
        send(b"1", topic=None)
        found.socket.send_many([b"2", b"3"])
        assert [found.bare.recv_multipart() for _ in range(3)] == [[b"t", b"1"], [b"t", b"2"], [b"t", b"3"]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_processes_give_out_ids_of_their_own() -> None:
    if not express.available():
        pytest.skip("nothing is compiled here")
    ids = {_span_of_a_child() for _ in range(3)} | {_span()}
    assert len(ids) == 4


def _span() -> bytes:
    with (
        ends("PULL", lane=True, qos=ENVELOPE) as into,
        ends("PUSH", lane=True, qos=ENVELOPE, address="inproc://y") as out,
    ):
        for number in (1, 2):  # the second one comes by the lane, and what it causes gets its id there
            head = Header(source=1, sequence=number, number=number, timestamp_ns=1, codec="raw")
            into.bare.send(pack(head) + b"x")
            assert into.socket.raw.poll(5000)
            into.socket.take()
        out.socket.send(b"y")
        trace = unpack(out.bare.recv()).trace
    assert trace is not None
    return trace.span_id


def _span_of_a_child() -> bytes:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, _span())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read()


def test_types_without_a_lane_have_none() -> None:
    with ends("REQ", lane=True, qos=ENVELOPE) as found:
        assert found.socket.lane is None
        assert not isinstance(found.socket, Peer)
