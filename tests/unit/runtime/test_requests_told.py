"""What became of requests travels from the socket's counters to status and metrics."""

from __future__ import annotations

import pytest

from orchestrator.cli import ps
from orchestrator.host.counted import counted
from orchestrator.runtime.heard import BREAKER_STATES, REPLIES, REQUESTS, read_traffic
from orchestrator.runtime.records import traffic_fields
from orchestrator.sdk.reports.progress import SocketCounters
from orchestrator.sdk.reports.request_counters import AnswerCounters, RequestCounters
from orchestrator.sdk.requesting.breaker import BreakerState


def row() -> dict:
    counters = SocketCounters()
    counters.asking = RequestCounters(lambda now: BreakerState.OPEN if now > 5 else BreakerState.CLOSED)
    counters.asking.requests, counters.asking.timeouts, counters.asking.opened = 12, 5, 1
    counters.answering = AnswerCounters()
    counters.answering.duplicates = 2
    told = read_traffic({"ask": counted(counters, 6.0)}, "client", 1.0)
    return traffic_fields("client-0", "ask", told["ask"])


def test_the_words_are_those_of_the_counters() -> None:
    assert set(REQUESTS) | {"state"} == set(RequestCounters.__slots__)
    assert set(REPLIES) == set(AnswerCounters.__slots__)
    assert set(BREAKER_STATES) == {state.value for state in BreakerState}


def test_counters_arrive() -> None:
    found = row()
    assert found["requests"] == {**dict.fromkeys(REQUESTS, 0), "requests": 12, "timeouts": 5, "opened": 1}
    assert found["breaker"] == "open"
    assert found["replies"] == {"expired": 0, "duplicates": 2, "errors": 0}


def test_sockets_that_ask_nobody_say_nothing() -> None:
    told = read_traffic({"in": counted(SocketCounters(), 0.0)}, "sink", 1.0)["in"]
    assert (told.requests, told.breaker, told.replies) == (None, None, None)


@pytest.mark.parametrize("nonsense", [7, "x", {"requests": "x", "breaker": "melted"}, {"breaker": []}, None])
def test_nonsense_is_no_reason_to_fall(nonsense: object) -> None:
    told = read_traffic({"in": {"requests": nonsense, "replies": nonsense}}, "sink", 1.0)["in"]
    assert told.breaker is None


def test_metrics_have_them() -> None:
    core = pytest.importorskip("prometheus_client")
    from orchestrator.runtime.metrics import _of_sockets

    class Found:
        def collect(self):
            return _of_sockets({"project": "shop", "traffic": [row()]})

    registry = core.CollectorRegistry(auto_describe=False)
    registry.register(Found())
    text = core.generate_latest(registry).decode()
    who = 'instance_name="client-0",node="client",project="shop",socket="ask"'
    assert f"orchestrator_socket_requests_total{{{who}}} 12.0" in text
    assert f"orchestrator_socket_duplicate_requests_total{{{who}}} 2.0" in text
    assert f'orchestrator_socket_breaker_state{{{who},state="open"}} 1.0' in text
    assert f'orchestrator_socket_breaker_state{{{who},state="closed"}} 0.0' in text


def test_ps_names_a_breaker_that_is_not_closed() -> None:
    said = ps.text({"units": [], "traffic": [row()]})
    assert "client-0.ask: its breaker is open (5 attempts without a reply; it has opened 1 times)" in said
