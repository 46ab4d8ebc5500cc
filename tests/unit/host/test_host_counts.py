"""What a socket's monitor events come to."""

from __future__ import annotations

import pytest
import zmq

from orchestrator.host.counts import BIND, EndpointCount, SocketCount, kind_of

UP, DOWN = zmq.EVENT_HANDSHAKE_SUCCEEDED, zmq.EVENT_DISCONNECTED
IN, OUT = zmq.EVENT_ACCEPTED, zmq.EVENT_CONNECTED
BROKEN, PROTOCOL = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
AUTH = zmq.EVENT_HANDSHAKE_FAILED_AUTH
MECHANISM = 0x11000002


def counted(*events: tuple[int, int]) -> EndpointCount:
    count = EndpointCount(0.0)
    for at, (event, value) in enumerate(events, 1):
        count.note(int(event), value, float(at))
    return count


def test_only_handshakes_make_peers():
    count = counted((IN, 7), (UP, 0), (IN, 8))
    assert (count.peers, count.open, count.ok) == (1, 1, 1)
    assert count.changed == 2.0


def test_types_that_may_not_meet_are_closed_without_a_word():
    count = counted((OUT, 7), (DOWN, 7), (OUT, 8), (DOWN, 8))
    assert (count.peers, count.open, count.failed, count.row) == (0, 0, {"types": 2}, 2)
    assert (count.changed, count.failed_at) == (0.0, 4.0)


def test_a_success_ends_the_row():
    count = counted((OUT, 7), (DOWN, 7), (OUT, 7), (UP, 0))
    assert (count.peers, count.failed, count.row) == (1, {"types": 1}, 0)


def test_a_peer_that_goes_is_no_failure():
    count = counted((IN, 7), (UP, 0), (DOWN, 7))
    assert (count.peers, count.lost, count.failed) == (0, 1, {})


@pytest.mark.parametrize("reason", [(PROTOCOL, MECHANISM), (AUTH, 400), (BROKEN, 32), (PROTOCOL, 0x10000000)])
def test_a_failure_with_a_reason_counts_once(reason):
    count = counted((IN, 7), reason, (BROKEN, 32), (DOWN, 7))
    assert count.failed == {kind_of(*map(int, reason)): 1}


@pytest.mark.parametrize(
    ("event", "value", "kind"),
    [
        (PROTOCOL, MECHANISM, "mechanism"),
        (PROTOCOL, 0x11000001, "key"),
        (PROTOCOL, 0x20000003, "auth"),
        (PROTOCOL, 0x10000014, "protocol"),
        (AUTH, 400, "auth"),
        (BROKEN, 104, "broken"),
        (zmq.EVENT_ACCEPT_FAILED, 24, "accept"),
    ],
)
def test_kinds(event, value, kind):
    assert kind_of(int(event), value) == kind


def test_a_wrong_type_that_knocks_beside_good_peers():
    good = [(IN, 1), (UP, 0), (IN, 2), (UP, 0)]
    count = counted(*good, (IN, 3), (DOWN, 3), (IN, 3), (DOWN, 3))
    assert (count.peers, count.failed, count.row) == (2, {"types": 2}, 2)


def test_who_succeeded_is_in_doubt_until_the_next_end():
    doubt = [(IN, 1), (IN, 2), (UP, 0)]
    assert (counted(*doubt).peers, counted(*doubt).open) == (1, 1)
    assert (counted(*doubt, (DOWN, 1)).peers, counted(*doubt, (DOWN, 1)).failed) == (1, {})
    assert counted(*doubt, (DOWN, 1), (DOWN, 2)).peers == 0
    assert counted(*doubt, (UP, 0)).peers == 2


def test_the_end_of_what_never_came():
    assert counted((DOWN, 1), (DOWN, 2), (IN, 1), (UP, 0)).peers == 1


def test_a_full_table_of_descriptors_is_told():
    assert counted((zmq.EVENT_ACCEPT_FAILED, 24)).failed == {"accept": 1}


def test_zeros_are_left_out():
    assert EndpointCount(1.0).told(3.0) == {"peers": 0, "changed_s": 2.0}
    told = counted((IN, 1), (DOWN, 1)).told(4.0)
    assert told == {"peers": 0, "changed_s": 4.0, "row": 1, "failed": {"types": 1}, "failed_s": 2.0}


# ------------------------------------------------------------------ the endpoints of a socket

HERE, THERE = "tcp://localhost:5556", "tcp://127.0.0.1:5556"


def test_each_address_for_itself():
    count = SocketCount()
    count.expect("ipc:///a", 0.0)
    count.expect("ipc:///b", 0.0)
    count.note(int(OUT), 7, "ipc:///a", 1.0)
    count.note(int(UP), 0, "ipc:///a", 1.0)
    count.note(int(IN), 8, "tcp://127.0.0.1:9", 1.0)
    count.note(int(UP), 0, "tcp://127.0.0.1:9", 1.0)
    assert {at: e.peers for at, e in count.endpoints.items()} == {"ipc:///a": 1, "ipc:///b": 0, BIND: 1}
    assert count.peers == 2


def test_libzmq_may_resolve_a_name_for_its_second_try():
    count = SocketCount()
    count.expect(HERE, 0.0)
    for address in (HERE, THERE):
        count.note(int(OUT), 7, address, 1.0)
        count.note(int(UP), 0, address, 1.0)
        count.note(int(DOWN), 7, address, 1.0)
    assert {at: (e.ok, e.lost) for at, e in count.endpoints.items()} == {HERE: (2, 2)}


def test_what_a_given_up_address_still_says_is_nobodys():
    count = SocketCount()
    count.expect(HERE, 0.0)
    count.note(int(OUT), 7, HERE, 1.0)
    count.forget(HERE)
    count.note(int(OUT), 7, HERE, 2.0)
    count.note(int(UP), 0, HERE, 2.0)
    count.note(int(DOWN), 7, HERE, 2.0)
    assert count.endpoints == {}


def test_who_may_get_what_is_sent_now():
    """Also those that the socket connects to and that are away: libzmq keeps messages for them."""
    count = SocketCount()
    assert count.addressees[0] == 0
    count.expect("ipc:///a", 0.0)
    count.expect("ipc:///b", 0.0)
    count.stand_by("ipc:///c", 0.0)
    needed, before = count.addressees
    assert needed == 2
    assert count.addressees == (2, before), "nothing has changed"
    count.note(int(OUT), 7, "ipc:///a", 1.0)
    count.note(int(UP), 0, "ipc:///a", 1.0)
    needed, after = count.addressees
    assert (needed, after != before) == (2, True)
    for descriptor in (8, 9):
        count.note(int(IN), descriptor, "ipc:///own", 2.0)
        count.note(int(UP), 0, "ipc:///own", 2.0)
    assert count.addressees[0] == 4
    count.note(int(DOWN), 8, "ipc:///own", 3.0)
    count.forget("ipc:///b")
    assert count.addressees[0] == 2
