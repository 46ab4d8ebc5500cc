"""Asking and answering, with numbers for the time and a network that loses, delays and doubles."""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.sdk import tracing
from orchestrator.sdk.errors import BreakerOpen, DeadlineExceeded, RequestFailed, Timeout
from orchestrator.sdk.requesting.answering import Answering, Verdict
from orchestrator.sdk.requesting.breaker import BreakerState
from orchestrator.sdk.requesting.calls import Call
from orchestrator.sdk.requesting.error_replies import UNAVAILABLE
from orchestrator.sdk.requesting.requests import Requests
from orchestrator.wire.envelope import Header, MessageId
from orchestrator.wire.qos import Breaker, Failover, QoS, Retry

RETRY = Retry(timeout_s=1, attempts=3, initial_s=0.5, factor=2, max_s=10, jitter=0)
EPOCH_NS = 1_700_000_000_000_000_000


@dataclass
class World:
    """A client, and what it sends. Time moves only by `until`."""

    qos: QoS
    servers: int = 0
    now: float = 0.0
    sent: list[tuple[float, Any, MessageId, MessageId | None, int, int | None]] = field(default_factory=list)
    switches: list[int] = field(default_factory=list)
    room: bool = True
    name: str = "ask"

    def __post_init__(self) -> None:
        self.requests = Requests(
            self,
            self.qos,
            self.servers,
            clock=lambda: self.now,
            wall_ns=lambda: EPOCH_NS + round(self.now * 1e9),
            chance=lambda: 0.5,
        )

    def ask(
        self, message: Any, *, request: MessageId | None, attempt: int, deadline_ns: int | None
    ) -> MessageId | None:
        if not self.room:
            return None
        number = MessageId(7, len(self.sent) + 1)
        self.sent.append((self.now, message, number, request, attempt, deadline_ns))
        return number

    def switch(self, index: int) -> None:
        self.switches.append(index)

    def begin(self, message: Any = "m", timeout: float | None = None) -> Call:
        call = self.requests.begin(message, timeout)
        self.requests.run()
        return call

    def until(self, end: float) -> None:
        while (at := self.requests.next_at()) <= end:
            self.now = max(self.now, at)
            self.requests.run()
        self.now = end


def test_an_attempt_without_a_reply_is_followed_by_another_and_the_end_is_a_timeout() -> None:
    world = World(QoS(retry=RETRY))
    call = world.begin()
    world.until(100)
    assert [(at, attempt) for at, _, _, _, attempt, _ in world.sent] == [(0, 1), (1.5, 2), (3.5, 3)]
    assert [request for _, _, _, request, _, _ in world.sent] == [None, MessageId(7, 1), MessageId(7, 1)]
    assert isinstance(call.outcome, Timeout)
    assert str(call.outcome) == "socket 'ask': no reply to 3 attempts"
    counters = world.requests.counters
    assert (counters.requests, counters.retries, counters.timeouts, counters.failed) == (1, 2, 3, 1)
    assert counters.open == 0


def test_every_attempt_says_when_the_whole_request_is_over() -> None:
    world = World(QoS(retry=RETRY))
    world.begin()
    world.until(2)
    assert {deadline for *_, deadline in world.sent} == {EPOCH_NS + 4_500_000_000}


def test_a_late_reply_to_the_first_attempt_is_the_reply_and_the_second_one_is_stale() -> None:
    world = World(QoS(retry=RETRY))
    call = world.begin()
    world.until(1.6)
    assert world.requests.expects(MessageId(7, 1))
    world.requests.answer(MessageId(7, 1), "r")
    assert call.outcome == "r"
    assert not world.requests.expects(MessageId(7, 2))
    assert world.requests.counters.stale == 1


def test_the_callers_time_ends_it_before_the_attempts_do() -> None:
    world = World(QoS(retry=RETRY))
    call = world.begin(timeout=0.4)
    world.until(0.5)
    assert isinstance(call.outcome, Timeout)
    assert len(world.sent) == 1
    assert world.requests.counters.timeouts == 1


def test_the_deadline_of_the_message_at_hand_goes_on_and_ends_it() -> None:
    world = World(QoS(retry=RETRY))
    header = Header(source=1, sequence=1, number=1, timestamp_ns=0, deadline_ns=EPOCH_NS + 700_000_000)
    token = tracing.begin(header)
    try:
        call = world.begin(timeout=30)
        assert world.sent[0][5] == EPOCH_NS + 700_000_000
        world.until(0.8)
        assert isinstance(call.outcome, DeadlineExceeded)
        with pytest.raises(DeadlineExceeded, match="the deadline of the message at hand is over"):
            world.begin()
    finally:
        tracing.end(token)
    assert len(world.sent) == 1


def test_the_breaker_opens_refuses_tries_and_closes() -> None:
    world = World(QoS(retry=Retry(timeout_s=1, attempts=1), breaker=Breaker(failures=2, reset_s=10)))
    for _ in range(2):
        world.begin()
        world.until(world.now + 1)
    assert world.requests.state(world.now) is BreakerState.OPEN
    with pytest.raises(BreakerOpen) as refused:
        world.begin()
    assert refused.value.retry_in_s == 10
    assert len(world.sent) == 2
    world.until(12)
    call = world.begin()
    with pytest.raises(BreakerOpen):  # one tries
        world.begin()
    world.requests.answer(MessageId(7, 3), "r")
    assert call.outcome == "r"
    assert world.requests.state(world.now) is BreakerState.CLOSED
    assert world.requests.counters.opened == 1


def test_attempts_end_when_the_breaker_opens() -> None:
    world = World(QoS(retry=RETRY, breaker=Breaker(failures=2, reset_s=10)))
    call = world.begin()
    other = world.begin("other")
    world.until(1)
    assert "its breaker is open now" in str(call.outcome or other.outcome)
    world.until(5)
    assert call.done and other.done
    assert len(world.sent) == 2


def test_an_error_reply_is_no_failure_of_the_service() -> None:
    world = World(QoS(retry=RETRY, breaker=Breaker(failures=1)))
    call = world.begin()
    world.requests.answer(MessageId(7, 1), RequestFailed("no-such-order", "", "r"))
    assert isinstance(call.outcome, RequestFailed)
    assert world.requests.state(0) is BreakerState.CLOSED


def test_unavailable_is_asked_again_and_the_last_one_is_told() -> None:
    world = World(QoS(retry=RETRY))
    call = world.begin()
    for number, at in ((1, 0.1), (2, 0.7), (3, 1.8)):
        world.until(at)
        world.requests.answer(MessageId(7, number), RequestFailed(UNAVAILABLE, "starting", "r"))
    assert [sent[0] for sent in world.sent] == pytest.approx([0, 0.6, 1.7])
    assert isinstance(call.outcome, RequestFailed)
    assert call.outcome.code == UNAVAILABLE


def test_one_that_finds_no_room_waits_for_it_within_the_time_of_its_attempt() -> None:
    world = World(QoS(retry=RETRY), room=False)
    call = world.begin()
    world.until(0.5)
    assert not world.sent
    world.room = True
    world.until(0.6)
    assert [(attempt) for _, _, _, _, attempt, _ in world.sent] == [1]
    world.room = False
    world.until(100)
    assert isinstance(call.outcome, Timeout)
    assert len(world.sent) == 1


def test_the_next_server_is_asked_at_once_and_what_waits_goes_with_it() -> None:
    world = World(QoS(retry=RETRY, failover=Failover.SEQUENTIAL), servers=2)
    world.begin("a")
    world.until(0.5)
    world.begin("b")
    world.until(1)
    assert world.switches == [1]
    assert [(at, m, attempt) for at, m, _, _, attempt, _ in world.sent] == [
        (0, "a", 1),
        (0.5, "b", 1),
        (1, "a", 2),
        (1, "b", 1),  # its attempt was cut short, and does not count
    ]
    world.requests.answer(MessageId(7, 3), "r")
    world.until(1.9)
    assert world.switches == [1]  # it stays with the one that works
    assert world.requests.counters.switched == 1


def test_a_server_whose_breaker_is_open_is_passed_over() -> None:
    retry = Retry(timeout_s=1, attempts=2, initial_s=0.1, jitter=0)
    qos = QoS(retry=retry, failover=Failover.SEQUENTIAL, breaker=Breaker(failures=1, reset_s=60))
    world = World(qos, servers=2)
    world.begin()
    world.until(1)
    assert world.switches == [1]
    world.requests.answer(MessageId(7, 2), "r")
    assert world.requests.state(1) is BreakerState.CLOSED
    last = world.begin()
    world.until(5)
    assert world.switches == [1]
    assert "its breaker is open now" in str(last.outcome)
    with pytest.raises(BreakerOpen):
        world.begin()
    world.until(61.5)
    world.begin()
    assert world.switches == [1, 0]


def test_a_shotgun_asks_all_and_the_first_answer_counts() -> None:
    world = World(QoS(failover=Failover.SHOTGUN), servers=3)
    call = world.begin()
    assert [(request, attempt) for _, _, _, request, attempt, _ in world.sent] == [
        (None, 1),
        (MessageId(7, 1), 1),
        (MessageId(7, 1), 1),
    ]
    world.requests.answer(MessageId(7, 2), "r")
    assert call.outcome == "r"
    assert not world.requests.expects(MessageId(7, 1))


def test_one_that_is_cancelled_leaves_the_breaker_as_it_is() -> None:
    world = World(QoS(retry=RETRY, breaker=Breaker(failures=1, reset_s=1)))
    world.begin()
    world.until(10)
    probe = world.begin()
    world.requests.cancel(probe)
    assert world.begin()
    assert world.requests.open == 1


# ---------------------------------------------------------------- with the other side


@given(
    seed=st.integers(0, 10_000),
    loss=st.floats(0, 0.6),
    slow_s=st.floats(0, 3),
    requests=st.integers(1, 8),
    failover=st.sampled_from([None, Failover.SHOTGUN]),
)
def test_whatever_the_network_does_a_request_is_handled_once_and_gets_its_own_reply(
    seed: int, loss: float, slow_s: float, requests: int, failover: Failover | None
) -> None:
    chance = random.Random(seed)
    world = World(QoS(retry=RETRY, failover=failover), servers=2 if failover else 0)
    server = Answering(clock=lambda: world.now, wall_ns=lambda: EPOCH_NS + round(world.now * 1e9))
    network: list[tuple[float, int, str, Any]] = []
    handled: list[MessageId] = []
    order = iter(range(10**9))

    def travel(where: str, what: Any) -> None:
        for _ in range(chance.choice([1, 1, 1, 2])):
            if chance.random() >= loss:
                heapq.heappush(network, (world.now + chance.random() * slow_s, next(order), where, what))

    def arrive(where: str, what: Any) -> None:
        if where == "client":
            if world.requests.expects(what[0]):
                world.requests.answer(*what)
            return
        if where == "done":
            header, reply = what
            server.answered(header.request, reply, 1)
            travel("client", (header.id, reply))
            return
        match server.judge(what, "peer"):
            case Verdict.HANDLE:
                handled.append(what.request)
                handling = (world.now + chance.random() * slow_s, next(order), "done", (what, what.request))
                heapq.heappush(network, handling)
            case Verdict.REPEAT:
                travel("client", (what.id, server.reply(what.request)))
            case _:
                pass

    calls = [world.begin(n) for n in range(requests)]
    known = 0
    while True:
        for at, _, number, request, attempt, deadline in world.sent[known:]:
            assert at == world.now
            header = Header(source=7, sequence=0, number=number.number, timestamp_ns=0, attempt=attempt)
            fields = {"request": request or number, "deadline_ns": deadline}
            travel("server", Header(**{**_plain(header), **fields}))
        known = len(world.sent)
        at = min(world.requests.next_at(), network[0][0] if network else math.inf)
        if at == math.inf:
            break
        world.now = max(world.now, at)
        while network and network[0][0] <= world.now:
            arrive(*heapq.heappop(network)[2:])
        world.requests.run()
    assert len(handled) == len(set(handled))
    for call in calls:
        assert call.done
        assert isinstance(call.outcome, Timeout) or call.outcome == call.request
        assert call.attempt <= RETRY.attempts
    assert world.requests.open == 0


def _plain(header: Header) -> dict[str, Any]:
    return {name: getattr(header, name) for name in header.__slots__}


def test_a_reply_ends_the_deadline_of_what_a_rep_is_at() -> None:
    from orchestrator.sdk.requesting.replying import _nobody_waits_any_more

    trace = tracing.new_trace()
    header = Header(source=1, sequence=1, number=1, timestamp_ns=0, deadline_ns=5, trace=trace)
    token = tracing.begin(header)
    _nobody_waits_any_more()
    assert tracing.current_deadline_ns() is None
    assert tracing.outgoing_trace().trace_id == trace.trace_id
    tracing.end(token)


def test_what_comes_while_a_reply_is_waited_for_keeps_its_own_trace() -> None:
    """And whoever waits stays with the message it is at."""
    from orchestrator.vocabulary import SocketType
    from orchestrator.wire.envelope import pack, unpack
    from tests.properties.test_requests_bear_anything import made

    socket, raw = made(SocketType.DEALER, QoS(envelope=True))
    assert socket.asking is not None

    def comes(number: int, **more: Any) -> None:
        header = Header(source=9, sequence=0, number=number, timestamp_ns=0, codec="json", **more)
        raw.incoming.append([pack(header) + b"%d" % number])

    comes(1, trace=tracing.new_trace())
    assert socket.take() == (1, None)
    at = tracing.current_trace()
    call = socket.asking.begin("?", None)
    other = tracing.new_trace()
    comes(2, trace=other)
    comes(3, answers=unpack(raw.sent[-2][0]).id)
    socket.asking.take_in()
    assert call.outcome == 3
    assert tracing.current_trace() == at
    assert socket.take() == (2, None)
    now = tracing.current_trace()
    assert now is not None
    assert now.trace_id == other.trace_id
