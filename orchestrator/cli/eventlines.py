"""How the events of the journal look to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from orchestrator.cli.harmless import harmless
from orchestrator.cli.loglines import DIM, GREEN, RED, YELLOW, Paper
from orchestrator.cli.losses import loss_text

if TYPE_CHECKING:
    from orchestrator.runtime.capture.reading import Line

WHO: Final = "orchestrator"
_STATES: Final[Mapping[str, int]] = {
    "starting": DIM,
    "running": DIM,
    "ready": GREEN,
    "exited": GREEN,
    "backoff": YELLOW,
    "failed": RED,
}
_FRAME: Final = ("version", "time", "event", "unit", "node")


class EventLook:
    """One line per event; below a failure, the last lines of the process."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper

    def line(self, line: Line) -> bytes:
        fields = line.fields
        if not fields:
            return b""
        head = self._paper.head(line.time, str(fields.get("unit") or WHO))
        try:
            said = self._said(fields)
        except (KeyError, TypeError, ValueError):  # of another version
            said = [_plain(fields)]
        return self._paper.encode("".join(f"{head}{text}\n" for text in said))

    def _said(self, fields: dict[str, Any]) -> list[str]:
        paint = self._paper.paint
        match fields["event"]:
            case "state":
                return self._state(fields)
            case "topology_starting":
                count = len(fields["units"])
                return [_safe(f"starting {fields['topology']}: {count} process{'es' if count != 1 else ''}")]
            case "topology_ready":
                return [paint(_safe(f"{fields['topology']} is ready after {fields['seconds']:.2f} s"), GREEN)]
            case "messages_lost":
                return [paint(_safe(loss_text(fields)), YELLOW)]
            case "topology_ended":
                word = paint("failed", RED) if fields["failed"] else "ended"
                return [_safe(fields["topology"]) + f" {word}" + _because(fields["reason"])]
            case "remark":
                return [paint(_safe(fields["text"]), YELLOW)]
            case "rollout_ended":
                word = paint("is done", GREEN) if fields["ok"] else paint("ended early", YELLOW)
                back = "; what it changed was put back" if fields["rolled_back"] else ""
                return [
                    f"{_safe('rollout ' + str(fields['rollout']))} {word}{_because(fields['reason'])}{back}"
                ]
            case "hook":
                return self._hook(fields)
            case "missing":
                told = f"{fields['count']} events are missing here: {fields['reason']}"
                return [paint(_safe(told), YELLOW)]
            case _:
                return [_plain(fields)]

    def _state(self, fields: dict[str, Any]) -> list[str]:
        state = fields["state"]
        attempt = fields["attempt"]
        facts = [
            *([f"process {attempt}"] if attempt > 1 else []),
            *([f"pid {fields['pid']}"] if fields.get("pid") and state != "stopping" else []),
        ]
        aside = self._paper.paint(f" ({', '.join(facts)})", DIM) if facts else ""
        said = [self._paper.paint(_safe(state), _STATES.get(state, 0)) + aside + _because(fields["reason"])]
        return said + self._last(fields)

    def _hook(self, fields: dict[str, Any]) -> list[str]:
        told = f"{fields['hook']} on {fields['on']} "
        if fields["failure"] is None:
            return [_safe(f"{told}took {fields['seconds']:.2f} s")]
        return [
            _safe(told) + self._paper.paint("failed", YELLOW) + _because(fields["failure"]),
            *self._last(fields),
        ]

    def _last(self, fields: dict[str, Any]) -> list[str]:
        return [self._paper.paint(f"  {_safe(text)}", DIM) for text in fields.get("last_lines") or ()]


def _because(reason: str) -> str:
    return f": {_safe(reason)}" if reason else ""


def _plain(fields: dict[str, Any]) -> str:
    """An event of a kind that has no words of its own."""
    told = ", ".join(
        f"{key}: {value}" for key, value in fields.items() if key not in _FRAME and value is not None
    )
    return _safe(f"{fields.get('event')}" + (f" ({told})" if told else ""))


def _safe(text: object) -> str:
    return harmless(str(text))
