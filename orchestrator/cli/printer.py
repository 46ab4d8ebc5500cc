"""How the reports of a run look to people: coloured, prefixed, aligned lines.

Text only; `outlet` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final, Protocol

from orchestrator.cli.losses import loss_text
from orchestrator.cli.vitals import Flow
from orchestrator.runtime.reports import (
    HookEnded,
    MessagesLost,
    OutputLine,
    Remark,
    Report,
    RolloutEnded,
    StateChanged,
    TopologyEnded,
    TopologyReady,
    TopologyStarting,
    Vitals,
)
from orchestrator.vocabulary import NodeState, Stream

_BOLD, _DIM, _RED, _GREEN, _YELLOW = 1, 2, 31, 32, 33
UNIT_COLOURS: Final = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
_STATE_COLOURS: Final[Mapping[NodeState, int]] = {
    NodeState.STARTING: _DIM,
    NodeState.RUNNING: _DIM,
    NodeState.READY: _GREEN,
    NodeState.EXITED: _GREEN,
    NodeState.BACKOFF: _YELLOW,
    NodeState.FAILED: _RED,
}
_WHO: Final = "orchestrator"
_MAX_PREFIX: Final = 24
_RESET: Final = "\x1b[0m"


class Printer(Protocol):
    """Turns what happens into text that ends with a newline, or is empty."""

    def text(self, report: Report) -> str: ...

    def interrupted(self, times: int) -> str:
        """The user has asked to stop for the `times`-th time."""

    def plain(self) -> None:
        """No colours from now on."""


class TextPrinter:
    """One line per event, prefixed with the unit, interleaved as things happen.

    `columns`: the width that lines of ours should keep to.
    """

    def __init__(self, *, colour: bool, columns: int) -> None:
        self._colour = colour
        self._columns = columns
        self._width = len(_WHO)
        self._colours: dict[str, int] = {}
        self._flow = Flow()
        self._failures: list[StateChanged] = []

    def text(self, report: Report) -> str:
        match report:
            case OutputLine():
                return self._output(report)
            case StateChanged():
                return self._state(report)
            case TopologyStarting():
                self._width = min(_MAX_PREFIX, max([len(_WHO), *map(len, report.units)]))
                count = len(report.units)
                return self._say(f"starting {report.topology}: {count} process{'es' if count != 1 else ''}")
            case TopologyReady():
                return self._say(f"{report.topology} is ready after {report.seconds:.2f} s", _GREEN)
            case MessagesLost():
                return self._say(loss_text(asdict(report)), _YELLOW)
            case TopologyEnded():
                return self._ended(report)
            case RolloutEnded():
                return self._rollout(report)
            case Vitals():
                lines = self._flow.lines(report, self._columns - self._width - 3)
                return "".join(self._say(line, _DIM) for line in lines)
            case Remark():
                return self._line(report.unit or _WHO, self._paint(report.text, _YELLOW))
            case HookEnded():
                return self._hook(report)

    def interrupted(self, times: int) -> str:
        if times > 2:
            return ""
        return self._say(
            "stopping; once more to kill everything at once" if times == 1 else "killing everything"
        )

    def plain(self) -> None:
        self._colour = False

    def _output(self, line: OutputLine) -> str:
        text = line.text.rsplit("\r", 1)[-1]  # what a terminal would show in the end, behind our prefix
        if "\x1b" in text:
            return self._line(line.unit, text + _RESET if self._colour else text)
        return self._line(line.unit, text if line.stream is Stream.STDOUT else self._paint(text, _DIM))

    def _state(self, change: StateChanged) -> str:
        state = self._paint(change.new.value, _STATE_COLOURS.get(change.new, 0))
        reason = f": {change.reason}" if change.reason else ""
        if change.new is NodeState.FAILED:
            self._failures.append(change)
        return self._line(change.unit, f"{self._paint('*', _BOLD)} {state}{reason}")

    def _rollout(self, end: RolloutEnded) -> str:
        if end.ok:
            return self._say(f"{end.reason}: done, {', '.join(end.done) or 'nothing had to change'}", _GREEN)
        how = "taken back" if end.rolled_back else "given up"
        left = f" (not done: {', '.join(end.left)})" if end.left else ""
        return self._say(f"{how}: {end.reason}{left}", _RED)

    def _ended(self, end: TopologyEnded) -> str:
        said = []
        for failure in self._failures:
            said.append(self._say(f"{failure.unit} failed: {failure.reason}", _RED))
            said += [self._line(failure.unit, self._paint(f"  {line}", _DIM)) for line in failure.last_lines]
        word = self._paint("failed", _RED) if end.failed else "ended"
        said.append(self._say(f"{end.topology} {word}" + (f": {end.reason}" if end.reason else "")))
        return "".join(said)

    def _hook(self, ended: HookEnded) -> str:
        """Those that failed, or before which events were left out; the journal has all of them."""
        skipped = f" ({ended.skipped} events before it were left out)" if ended.skipped else ""
        if ended.failure is None:
            return self._say(f"{ended.hook} on {ended.on}{skipped}", _DIM) if skipped else ""
        lines = [self._say(f"  {line}", _DIM) for line in ended.last_lines]
        of = f" of {ended.unit}" if ended.unit else ""
        return "".join(
            [self._say(f"{ended.hook} on {ended.on}{of}: {ended.failure}{skipped}", _YELLOW), *lines]
        )

    def _say(self, text: str, code: int = 0) -> str:
        return self._line(_WHO, self._paint(text, code))

    def _line(self, unit: str, text: str) -> str:
        name = unit if len(unit) <= self._width else unit[: self._width - 1] + "…"
        code = _BOLD
        if unit != _WHO:
            code = self._colours.setdefault(unit, UNIT_COLOURS[len(self._colours) % len(UNIT_COLOURS)])
        return f"{self._paint(f'{name:<{self._width}} |', code)} {text}\n"

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}{_RESET}" if self._colour and code else text
