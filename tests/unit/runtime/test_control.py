"""What the control server makes of what it hears; the socket is left out, frames come straight in."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.runtime.control import ControlServer, Member
from orchestrator.supervision.events import Bound, FailureCause, FailureReported, ReadyReported
from orchestrator.wire.control import MAGIC, Kind, encode, ping

TOKEN = "secret"
MEMBERS = {
    "feed": Member({"feed": "feed"}, 1.0, foreign=False),
    "pair": Member({"a": "a", "b": "b-node"}, 0.5, foreign=False),
    "gateway": Member({"gateway": "gateway"}, 1.0, foreign=True),
}


class Room:
    def __init__(self) -> None:
        self.told = []
        self.server = ControlServer("ipc://unused", TOKEN, MEMBERS, self.told.append)
        for unit in MEMBERS:
            self.server.began(unit, 1)

    def hello(self, identity=b"i", unit="feed", attempt=1, token=TOKEN, role="control"):
        body = {"unit": unit, "attempt": attempt, "token": token, "pid": 1, "role": role}
        self.hear(encode(Kind.HELLO, unit, body), identity)

    def hear(self, frames, identity=b"i"):
        self.server._hear(identity, list(frames))


@pytest.fixture
def room():
    return Room()


def test_a_greeted_node_is_heard(room):
    room.hello()
    room.hear(encode(Kind.BOUND, "feed", {"addresses": {"ticks": ["tcp://127.0.0.1:5"]}}))
    room.hear(encode(Kind.READY, "feed"))
    assert room.told == [
        Bound(unit="feed", instance="feed", attempt=1, addresses={"ticks": ("tcp://127.0.0.1:5",)}),
        ReadyReported(unit="feed", instance="feed", attempt=1),
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"token": "guess"}, {"unit": "nobody"}, {"attempt": 2}, {"attempt": "1"}, {"unit": 3}, {"token": None}],
)
def test_who_has_no_right_is_not_heard(room, wrong):
    room.hello(**wrong) if wrong.get("unit") != 3 else room.hear(encode(Kind.HELLO, "x", {"unit": 3}))
    room.hear(encode(Kind.READY, "feed"))
    assert room.told == []
    assert room.server.ignored == 2


def test_a_predecessors_late_word_is_not_heard(room):
    room.hello()
    room.server.began("feed", 2)
    room.hear(encode(Kind.READY, "feed"))
    assert room.told == []


def test_pongs_count_for_the_unit_and_end_with_the_process(room):
    room.hello(role="heartbeat")
    first = room.server.pongs["feed"]
    room.hear(ping("feed", struct.pack(">Q", 1)))
    assert room.server.pongs["feed"] >= first
    room.server.began("feed", 2)
    assert "feed" not in room.server.pongs


def test_an_instance_of_a_shared_process_speaks_for_itself(room):
    room.hello(unit="pair")
    room.hear(encode(Kind.READY, "b"))
    room.hear(encode(Kind.READY, "pair"))  # which of the two?
    assert room.told == [ReadyReported(unit="pair", instance="b", attempt=1)]
    assert room.server.ignored == 1


def test_a_failure_keeps_its_cause_and_an_unknown_cause_is_the_users_code(room):
    room.hello()
    room.hear(encode(Kind.FAILED, "feed", {"cause": "bind", "reason": "taken", "permanent": False}))
    room.hear(encode(Kind.FAILED, "feed", {"cause": "?", "reason": 5, "permanent": "yes"}))
    bind, other = room.told
    assert isinstance(bind, FailureReported)
    assert (bind.cause, bind.reason, bind.permanent) == (FailureCause.BIND, "taken", False)
    assert (other.cause, other.reason, other.permanent) == (FailureCause.USER_CODE, "5", False)


def test_progress_and_traffic(room):
    room.hello()
    counted = {"received": 3, "sent": -1, "undecodable": True, "dropped": "x"}
    room.hear(encode(Kind.BEAT, "feed", {"steps": 1, "busy_s": 2.0, "sockets": {"in": counted}}))
    traffic = room.server.traffic()["feed", "in"]
    assert (traffic.received, traffic.sent, traffic.undecodable, traffic.dropped) == (3, 0, 0, 0)
    assert traffic.node == "feed"
    assert traffic.counted_s >= 0
    heard = room.server.beats._progress["feed"].heard_at
    assert room.server.stalled(heard + 1.0)["feed"] == pytest.approx(3.0)


def test_traffic_stands_in_the_order_of_the_topology_whoever_speaks_first(room):
    for unit, instance in (("gateway", "gateway"), ("pair", "b"), ("feed", "feed"), ("pair", "a")):
        room.hello(identity=unit.encode(), unit=unit)
        beat = encode(Kind.BEAT, instance, {"steps": 1, "sockets": {"s": {"sent": 1}}})
        room.hear(beat, identity=unit.encode())
    assert [instance for instance, _ in room.server.traffic()] == ["feed", "a", "b", "gateway"]


def test_what_earlier_processes_have_counted_is_kept_apart(room):
    room.hello()
    room.hear(encode(Kind.BEAT, "feed", {"steps": 1, "sockets": {"out": {"sent": 3}}, "last": True}))
    assert room.server.beats.parted == {"feed"}
    room.server.began("feed", 2)
    assert room.server.beats.parted == set()
    assert room.server.traffic() == {}
    room.hello(attempt=2)
    room.hear(encode(Kind.BEAT, "feed", {"steps": 1, "sockets": {"out": {"sent": 4}}}))
    now = room.server.traffic()
    assert now["feed", "out"].sent == 4
    assert room.server.beats.past.with_present(now)["feed", "out"].sent == 7
    assert room.server.beats.parted == set()


def test_silence_of_an_idle_node_is_no_stall_until_its_beats_are_overdue(room):
    room.hello()
    room.hear(encode(Kind.BEAT, "feed", {"steps": 1, "busy_s": 0, "sockets": {}}))
    heard = room.server.beats._progress["feed"].heard_at
    assert room.server.stalled(heard + 5.5)["feed"] == 0.0
    assert room.server.stalled(heard + 6.5)["feed"] == pytest.approx(6.5)


def test_a_python_node_that_is_ready_and_never_beats_is_stalled_and_a_program_need_not_beat(room):
    room.hello()
    room.hear(encode(Kind.READY, "feed"))
    room.hello(b"j", unit="gateway")
    room.hear(encode(Kind.READY, "gateway"), b"j")
    ready = room.server.beats._progress["feed"].heard_at
    assert room.server.stalled(ready + 6.5) == {"feed": pytest.approx(6.5)}


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_frames_confuse_it(frames):
    room = Room()
    room.hear(frames)
    assert room.told == []


@given(
    st.sampled_from([k.value.encode() for k in Kind]),
    st.sampled_from([b"feed", b"pair", b"", b"\xff", b"nobody"]),
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [b"[]", b'{"addresses": 3}', b'{"addresses": {"a": [1]}}', b'{"sockets": {"a": 1}}', b"1e999"]
        ),
        st.dictionaries(
            st.sampled_from(["addresses", "cause", "reason", "busy_s", "sockets", "unit", "token"]),
            st.one_of(st.none(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2)),
        ).map(lambda d: __import__("json").dumps(d).encode()),
    ),
)
def test_no_message_of_a_greeted_node_raises(kind, who, body):
    room = Room()
    room.hello()
    room.hear([MAGIC, kind, who, body])
    room.server.stalled(0.0)
    room.server.traffic()


def test_links_are_kept_until_they_are_told_anew(room):
    room.hello()
    links = {"out": {"tcp://a:1": {"peers": 1, "changed_s": 2.0, "failed": {"types": 3}, "failed_s": 9}}}
    room.hear(encode(Kind.BEAT, "feed", {"steps": 1, "links": links}))
    room.hear(encode(Kind.BEAT, "feed", {"steps": 2}))
    (seen,) = room.server.beats.links()["feed", "out"].values()
    assert (seen.peers, seen.failed, seen.ok) == (1, {"types": 3}, 0)
    assert seen.changed_at - seen.failed_at == pytest.approx(7.0)
    room.hear(encode(Kind.BEAT, "feed", {"steps": 3, "links": {}}))
    assert room.server.beats.links() == {}
    room.hear(encode(Kind.BEAT, "feed", {"steps": 3, "links": links}))
    room.server.began("feed", 2)
    assert room.server.beats.links() == {}


@pytest.mark.parametrize(
    "links",
    [
        3,
        [],
        {"out": 3},
        {"out": {"a": None}},
        {"out": {"a": {"peers": "x", "failed": 3, "row": -1, "changed_s": [], "failed_s": {}}}},
        {"out": {"a": {"peers": 1e300, "failed": {"k": None}, "open": True}}},
    ],
)
def test_links_of_another_form_do_no_harm(room, links):
    room.hello()
    room.hear(encode(Kind.BEAT, "feed", {"steps": 1, "links": links}))
    for endpoints in room.server.beats.links().values():
        for seen in endpoints.values():
            assert (seen.peers, seen.row, seen.open) == (0, 0, 0)
            assert all(count == 0 for count in seen.failed.values())
