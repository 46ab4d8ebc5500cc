"""What `top` shows: a status in, lines of text out. Knows nothing of terminals and sockets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from orchestrator.cli.tables import ago, size
from orchestrator.cli.vitals import rate_text

Unit: TypeAlias = dict[str, Any]

KEYS: Final = "↑↓ select   r restart   s stop/start   k kill   l log   o order   q quit"
HEAD: Final = (
    *("UNIT", "STATE", "SINCE", "RESTARTS", "HEARTBEAT", "ROUND TRIP"),
    *("CPU", "MEMORY", "IN/S", "OUT/S", "LOST", "LAST EXIT"),
)
ORDERS: Final = ("start", "cpu", "memory", "messages", "restarts", "state")
_RANK: Final = {"failed": 0, "backoff": 1, "starting": 2, "running": 3, "stopping": 4, "stopped": 5}
_BOLD, _DIM, _RED, _GREEN, _YELLOW, _REVERSE = "1", "2", "31", "32", "33", "7"
_COLOURS: Final[Mapping[str, str]] = {
    "ready": _GREEN,
    "exited": _GREEN,
    "failed": _RED,
    "backoff": _YELLOW,
    "degraded": _YELLOW,
    "stopped": _DIM,
}


@dataclass(frozen=True, slots=True)
class Load:
    """What a unit did between two looks."""

    cpu: float | None = None
    """Of one core, 0 to 1 and above."""
    received: float = 0.0
    """Messages a second."""
    sent: float = 0.0
    lost: int = 0
    """Dropped, missed, undecodable and passed over, since its process began."""


@dataclass(slots=True)
class Meter:
    """Remembers the look before, so that it can tell rates."""

    _before: dict[str, tuple[float, float | None, int, int, int | None]] = field(default_factory=dict)

    def loads(self, status: dict[str, Any], now: float) -> dict[str, Load]:
        """unit -> what it did since the last call; `now` in monotonic seconds."""
        units = {unit["unit"]: unit for unit in status["units"]}
        homes = {instance: name for name, unit in units.items() for instance in unit["instances"]}
        counted: dict[str, list[int]] = {name: [0, 0, 0] for name in units}
        for row in status["traffic"]:
            sums = counted[homes[row["instance"]]]
            sums[0] += row["received"]
            sums[1] += row["sent"]
            sums[2] += row["dropped"] + row["undecodable"] + row.get("failed", 0)
            sums[2] += sum(seen["dropped"] for seen in (row.get("senders") or {}).values())
        found = {}
        for name, unit in units.items():
            received, sent, lost = counted[name]
            before = self._before.get(name)
            self._before[name] = (now, unit["cpu_s"], received, sent, unit["pid"])
            if before is None or before[4] != unit["pid"] or now <= before[0]:
                found[name] = Load(lost=lost)
                continue
            span = now - before[0]
            cpu = None if unit["cpu_s"] is None or before[1] is None else (unit["cpu_s"] - before[1]) / span
            found[name] = Load(
                cpu=None if cpu is None else max(cpu, 0.0),
                received=max(received - before[2], 0) / span,
                sent=max(sent - before[3], 0) / span,
                lost=lost,
            )
        return found


@dataclass(slots=True)
class View:
    """What the user chose to see."""

    selected: str | None = None
    order: str = "start"
    top: int = 0
    """The first row that is shown."""
    message: str = ""
    """What the last key led to."""

    def move(self, units: list[Unit], steps: int) -> None:
        """Select another row."""
        names = [unit["unit"] for unit in units]
        if not names:
            return
        at = names.index(self.selected) if self.selected in names else 0
        self.selected = names[max(0, min(len(names) - 1, at + steps))]

    def next_order(self) -> None:
        """Order the rows by the next column."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]


def ordered(units: list[Unit], loads: Mapping[str, Load], order: str) -> list[Unit]:
    """The rows from top to bottom: what uses or fails most comes first."""

    def load(unit: Unit) -> Load:
        return loads.get(unit["unit"], Load())

    keys: Mapping[str, Callable[[Unit], float]] = {
        "cpu": lambda unit: -(load(unit).cpu or 0.0),
        "memory": lambda unit: -(unit["memory_bytes"] or 0),
        "messages": lambda unit: -(load(unit).received + load(unit).sent),
        "restarts": lambda unit: -unit["restarts"],
        "state": lambda unit: _RANK.get(unit["state"], 9),
    }
    return sorted(units, key=keys[order]) if order in keys else units


def screen(
    status: dict[str, Any], loads: Mapping[str, Load], view: View, columns: int, rows: int
) -> list[str]:
    """At most `rows` lines of at most `columns` visible characters, with colours."""
    units = ordered(status["units"], loads, view.order)
    names = [unit["unit"] for unit in units]
    if view.selected not in names:
        view.selected = names[0] if names else None
    room = max(1, rows - 6)
    at = names.index(view.selected) if view.selected is not None else 0
    view.top = max(min(view.top, at, max(0, len(units) - room)), at - room + 1, 0)
    cells = [HEAD, *(_row(unit, loads.get(unit["unit"], Load())) for unit in units)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(HEAD))]
    lines = [*_title(status, columns), _paint(_line(HEAD, widths, columns), _BOLD)]
    for unit, row in list(zip(units, cells[1:], strict=True))[view.top : view.top + room]:
        text = _line(row, widths, columns)
        if unit["unit"] == view.selected:
            lines.append(_paint(text.ljust(columns), _REVERSE))
        else:
            lines.append(_paint(text, _COLOURS.get(unit["state"], "")))
    hidden = len(units) - min(room, len(units) - view.top) - view.top
    below = f"… {hidden} more below" if hidden > 0 else ""
    chosen = next((unit for unit in units if unit["unit"] == view.selected), None)
    told = view.message or (f"{chosen['unit']}: {chosen['reason']}" if chosen and chosen["reason"] else "")
    return [*lines, below[:columns], told[:columns], _paint(f"{KEYS}   [{view.order}]"[:columns], _DIM)]


def _title(status: dict[str, Any], columns: int) -> list[str]:
    units = status["units"]
    ready = sum(unit["state"] == "ready" for unit in units)
    memory = sum(unit["memory_bytes"] or 0 for unit in units)
    parts = (
        f"{status['project']} is {status['state']}",
        f"{ready}/{len(units)} ready",
        f"up {ago(time.time() - status['since'])}",
        f"{sum(unit['restarts'] for unit in units)} restarts",
        size(memory),
    )
    return [_paint("  ·  ".join(parts)[:columns], _COLOURS.get(status["state"], _BOLD)), ""]


def _row(unit: Unit, load: Load) -> tuple[str, ...]:
    return (
        unit["unit"],
        unit["state"],
        _or_dash(unit["state_age_s"], ago),
        str(unit["restarts"]),
        _or_dash(unit["heartbeat_age_s"], lambda s: f"{s:.1f} s"),
        _or_dash(unit.get("round_trip_s"), lambda s: f"{s * 1000:.1f} ms"),
        _or_dash(load.cpu, lambda share: f"{share:.0%}"),
        _or_dash(unit["memory_bytes"], size),
        rate_text(load.received) if load.received else "-",
        rate_text(load.sent) if load.sent else "-",
        str(load.lost) if load.lost else "-",
        unit["last_exit"] or "-",
    )


def _or_dash(value: Any, shown: Callable[[Any], str]) -> str:
    return "-" if value is None else shown(value)


def _line(cells: tuple[str, ...], widths: list[int], columns: int) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()[:columns]


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text
