"""Counters and gauges of a node's author: `self.counter("fills").add(1)`, `self.gauge("depth").set(3)`.

They travel with the heartbeat and end in the metrics and in `ps --format json`. Names follow the rules of
Prometheus (https://prometheus.io/docs/concepts/data_model/). Their number is bounded: a label that takes ever
new values must not fill anybody's memory.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.sdk.errors import NodeError

MOST: Final = 1000
"""Series (names with their labels) that a node may have."""
_LONGEST: Final = 200
"""Characters of a description or of a label's value."""
_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_OURS: Final = ("orchestrator_", "__")
RESERVED_LABELS: Final = ("project", "node", "instance_name", "le", "quantile", "job", "instance")
"""Those that say where a series comes from, and those that Prometheus itself uses."""


class Counter:
    """What only grows. Belongs to the thread that runs the node."""

    __slots__ = ("value",)
    kind = "counter"

    def __init__(self) -> None:
        self.value: float = 0

    def add(self, amount: float = 1) -> None:
        """Raises ValueError for a negative amount."""
        if amount < 0:
            raise ValueError(f"a counter cannot go down: add({amount!r}); take a gauge")
        self.value += amount


class Gauge:
    """What goes up and down. Belongs to the thread that runs the node."""

    __slots__ = ("value",)
    kind = "gauge"

    def __init__(self) -> None:
        self.value: float = 0

    def set(self, value: float) -> None:
        self.value = value

    def add(self, amount: float = 1) -> None:
        """By a negative amount: downwards."""
        self.value += amount


Series = tuple[str, tuple[tuple[str, str], ...]]


class Meters:
    """All of one node instance."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._kinds: dict[str, tuple[str, str]] = {}
        """name -> kind and description."""
        self._series: dict[Series, Counter | Gauge] = {}
        self._refused = False

    def counter(self, name: str, description: str, labels: Mapping[str, Any]) -> Counter:
        """The counter of this name and these labels. Raises NodeError for a name that cannot be."""
        found = self._find(Counter, name.removesuffix("_total"), description, labels)
        assert isinstance(found, Counter)
        return found

    def gauge(self, name: str, description: str, labels: Mapping[str, Any]) -> Gauge:
        """The gauge of this name and these labels. Raises NodeError for a name that cannot be."""
        found = self._find(Gauge, name, description, labels)
        assert isinstance(found, Gauge)
        return found

    def _find(
        self, make: type[Counter | Gauge], name: str, description: str, labels: Mapping[str, Any]
    ) -> Counter | Gauge:
        key = (name, tuple(sorted((k, str(v)) for k, v in labels.items())) if labels else ())
        found = self._series.get(key)
        if found is not None and found.kind == make.kind:
            return found
        kind = self._checked(make.kind, name, description, labels)
        if len(self._series) >= MOST:
            if not self._refused:
                self._refused = True
                self._say(f"more than {MOST} counters and gauges: {name} and further ones are not told")
            return make()
        self._kinds[name] = kind
        made = self._series[key] = make()
        return made

    def _checked(self, kind: str, name: str, description: str, labels: Mapping[str, Any]) -> tuple[str, str]:
        if not _NAME.fullmatch(name) or name.startswith(_OURS):
            raise NodeError(
                f"{name!r} is no name for a {kind}",
                "write letters, digits and _, beginning with a letter, and not with orchestrator_",
            )
        for label in labels:
            if not _NAME.fullmatch(label) or label.startswith("__") or label in RESERVED_LABELS:
                raise NodeError(f"{name}: {label!r} is no name for a label of one's own")
        known = self._kinds.get(name)
        if known is not None and known[0] != kind:
            raise NodeError(f"{name!r} is a {known[0]} already, and cannot be a {kind} as well")
        return kind, (known[1] if known else "") or description[:_LONGEST]

    def told(self) -> list[list[Any]]:
        """As BEAT tells it: kind, name, description, labels, value. What is not finite has no JSON form, and
        is left out. May be called from any thread."""
        return [
            [meter.kind, name, self._kinds[name][1], {k: v[:_LONGEST] for k, v in labels}, meter.value]
            for (name, labels), meter in self._series.copy().items()
            if math.isfinite(meter.value)
        ]


__all__ = ["MOST", "RESERVED_LABELS", "Counter", "Gauge", "Meters"]
