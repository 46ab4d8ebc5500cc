"""Metrics of links."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest

from orchestrator.runtime.link_metrics import of_links
from orchestrator.runtime.senders import SenderSeen, sender_fields


class _One:
    def __init__(self, status: dict[str, Any]) -> None:
        self._status = status

    def collect(self) -> Any:
        return of_links(self._status)


def told(senders: dict[str, SenderSeen] | None) -> list[str]:
    row = {
        "instance": "sink-0",
        "socket": "in",
        "senders": None if senders is None else {name: sender_fields(seen) for name, seen in senders.items()},
    }
    units = [{"instances": ["feed"]}, {"instances": ["sink-0", "sink-1"]}]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_One({"project": "p", "units": units, "traffic": [row]}))
    text = generate_latest(registry).decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_links_without_an_envelope_have_none() -> None:
    assert told(None) == told({}) == []


def test_each_sender_has_its_own() -> None:
    lines = told({"feed.out": SenderSeen(received=7, dropped=3, late=1, lag_s=0.25, max_lag_s=0.5)})
    who = '{project="p",receiver="sink-0.in",sender="feed.out"}'
    assert f"orchestrator_link_received_messages_total{who} 7.0" in lines
    assert f"orchestrator_link_dropped_messages_total{who} 3.0" in lines
    assert f"orchestrator_link_late_messages_total{who} 1.0" in lines
    assert f"orchestrator_link_reordered_messages_total{who} 0.0" in lines
    assert f"orchestrator_link_lag_seconds{who} 0.25" in lines
    assert f"orchestrator_link_max_lag_seconds{who} 0.5" in lines


def test_strangers_make_no_labels_of_their_own() -> None:
    lines = told(
        {"evil\n.x": SenderSeen(received=1), "other.out": SenderSeen(received=2), "": SenderSeen(late=1)}
    )
    assert all('sender=""' in line for line in lines)
    assert (
        'orchestrator_link_received_messages_total{project="p",receiver="sink-0.in",sender=""} 3.0' in lines
    )
