"""What a benchmark has found, in numbers: percentiles, rates, losses. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.live.counting import percentile

SHARES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}


@dataclass(slots=True, kw_only=True)
class Measured:
    """One benchmark of one socket."""

    what: str
    """What the numbers mean, for people who did not write this."""
    messages: int = 0
    """Messages that arrived, or requests that were answered."""
    bytes: int = 0
    seconds: float = 0.0
    lost: int | None = 0
    """Messages that did not arrive, or requests without an answer; None where nobody can tell."""
    errors: int = 0
    """Replies that say that the request failed."""
    warm_up: int = 0
    """Left out of the times: connections, caches and branches are cold at first."""
    times_ns: list[int] = field(default_factory=list)
    """Of each message: a round trip, or its age."""
    tool_ns: list[int] = field(default_factory=list)
    """Round trips to an echo in C that does nothing else, asked in the same way: what is not the node's."""
    notes: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Messages in a second."""
        return self.messages / self.seconds if self.seconds else 0.0


def percentiles(times_ns: list[int]) -> dict[str, float]:
    """Least, percentiles (nearest rank), greatest, in seconds. Those that so few samples cannot tell are left
    out: one that stands for less than one sample."""
    if not times_ns:
        return {}
    ordered = sorted(times_ns)
    found = {"min": ordered[0] / 1e9}
    for name, share in SHARES.items():
        if (1 - share) * len(ordered) >= 1 or share == 0.5:
            found[name] = percentile(ordered, share) / 1e9
    return {**found, "max": ordered[-1] / 1e9}


def fields(measured: Measured) -> dict[str, Any]:
    """As a JSON object, as docs/reference/bench.md describes it."""
    return {
        "what": measured.what,
        "messages": measured.messages,
        "bytes": measured.bytes,
        "seconds": round(measured.seconds, 6),
        "per_second": round(measured.rate, 3),
        "lost": measured.lost,
        "errors": measured.errors,
        "warm_up": measured.warm_up,
        "samples": len(measured.times_ns),
        "times_s": percentiles(measured.times_ns),
        "tool_s": percentiles(measured.tool_ns),
        "notes": measured.notes,
    }


def text(measured: Measured) -> str:
    """For people."""
    lines = [measured.what]
    size = measured.bytes / measured.messages if measured.messages else 0
    volume = measured.rate * size / 1e6
    lines.append(
        f"  {measured.messages:,} messages in {measured.seconds:.2f} s: {measured.rate:,.0f} /s, "
        f"{volume:.2f} MB/s ({size:,.0f} bytes each)"
    )
    if measured.lost is None:
        lines.append("  lost: nobody can tell, messages have no numbers (envelope: true gives them some)")
    else:
        lines.append(f"  lost: {measured.lost:,}")
    if measured.errors:
        lines.append(f"  error replies: {measured.errors:,}")
    for name, times in (("times", measured.times_ns), ("echo in C", measured.tool_ns)):
        found = percentiles(times)
        if found:
            shown = "  ".join(f"{key} {_time(value)}" for key, value in found.items())
            lines.append(f"  {name + ':':<10} {shown}  ({len(times):,} samples)")
    return "\n".join([*lines, *(f"  {note}" for note in measured.notes)]) + "\n"


def _time(seconds: float) -> str:
    if abs(seconds) < 1e-3:
        return f"{seconds * 1e6:.1f} µs"
    if abs(seconds) < 1:
        return f"{seconds * 1e3:.2f} ms"
    return f"{seconds:.2f} s"
