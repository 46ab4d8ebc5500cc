"""Where the messages of each link went, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from orchestrator.runtime.senders import SenderSeen, sender_fields

if TYPE_CHECKING:
    from prometheus_client.core import Metric

Status = Mapping[str, Any]

_LINKS: Final = (
    ("received", "Messages of this sender that came in."),
    ("dropped", "Messages of this sender that the receiver has missed."),
    ("reordered", "Messages of this sender that came after later ones."),
    ("late", "Messages of this sender that were older than max_lag."),
    ("mismatched", "Messages of this sender whose schema is another one."),
    ("undecodable", "Messages of this sender that could not be decoded."),
)


def of_links(status: Status) -> Iterator[Metric]:
    """Of links with an envelope, as their receivers count. Senders that are none of the topology's instances
    are told as one, without a name: a stranger may call itself what it likes."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    labels = ["project", "sender", "receiver"]
    rows = list(_senders(status))
    for key, told in _LINKS:
        counter = CounterMetricFamily(f"orchestrator_link_{key}_messages", told, labels=labels)
        for who, seen in rows:
            counter.add_metric(who, float(seen[key]))
        yield counter
    for name, told, key in (
        ("lag_seconds", "Between the sending of the last message looked at and its being taken.", "lag_s"),
        ("max_lag_seconds", "The longest lag so far.", "max_lag_s"),
    ):
        gauge = GaugeMetricFamily(f"orchestrator_link_{name}", told, labels=labels)
        for who, seen in rows:
            if seen[key] is not None:
                gauge.add_metric(who, seen[key])
        yield gauge


def _senders(status: Status) -> Iterator[tuple[list[str], dict[str, Any]]]:
    ours = {instance for unit in status["units"] for instance in unit["instances"]}
    for row in status["traffic"]:
        receiver, others = f"{row['instance']}.{row['socket']}", SenderSeen()
        for sender, told in (row.get("senders") or {}).items():
            if sender.partition(".")[0] in ours:
                yield [status["project"], sender, receiver], told
            else:
                others = others.plus(SenderSeen(**told))
        if others != SenderSeen():
            yield [status["project"], "", receiver], sender_fields(others)
