"""Counters and gauges of the nodes' authors: read from BEAT, told in `status` and to Prometheus.

Whatever a program sends, values of the right kind come out, no more than `MOST` of one instance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from prometheus_client.core import Metric

MOST: Final = 1000
_LONGEST: Final = 200
_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,199}")
_OURS: Final = ("project", "node", "instance_name")
KINDS: Final = ("counter", "gauge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One counter or gauge of one instance, as the node last told."""

    node: str
    kind: str
    name: str
    labels: Mapping[str, str]
    value: float
    description: str = ""


def read_meters(told: object, node: str) -> tuple[Meter, ...]:
    """The `meters` of a BEAT of an instance of `node` (docs/protocol.md)."""
    if not isinstance(told, list):
        return ()
    return tuple(meter for entry in told[:MOST] if (meter := _meter(entry, node)) is not None)


def _meter(entry: object, node: str) -> Meter | None:
    if not isinstance(entry, list) or len(entry) != 5:
        return None
    kind, name, description, labels, value = entry
    if kind not in KINDS or not _is_name(name) or name.startswith("orchestrator_"):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if not isinstance(labels, dict) or any(not _is_name(k) or k in _OURS for k in labels):
        return None
    return Meter(
        node=node,
        kind=kind,
        name=name,
        labels={k: str(v)[:_LONGEST] for k, v in labels.items()},
        value=float(value),
        description=str(description)[:_LONGEST],
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None and not value.startswith("__")


def meter_fields(instance: str, meter: Meter) -> dict[str, Any]:
    """As `status` has it."""
    return {
        "instance": instance,
        "node": meter.node,
        "kind": meter.kind,
        "name": meter.name,
        "labels": dict(meter.labels),
        "value": meter.value,
        "description": meter.description,
    }


def families(project: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Metric]:
    """For Prometheus: a family for each name. Where two nodes mean different kinds by one name, the counters
    are told: a family has one kind."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(row["name"], []).append(row)
    for name, found in sorted(by_name.items()):
        kind = "counter" if any(row["kind"] == "counter" for row in found) else "gauge"
        mine = [row for row in found if row["kind"] == kind]
        told = next((row["description"] for row in mine if row["description"]), f"Of {mine[0]['node']}.")
        labels = sorted({label for row in mine for label in row["labels"]})
        make = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
        family = make(name, told, labels=[*_OURS, *labels])
        for row in mine:
            own = [row["labels"].get(label, "") for label in labels]  # an empty label is no label
            family.add_metric([project, row["node"], row["instance"], *own], row["value"])
        yield family
