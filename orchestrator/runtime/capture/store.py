"""The front of the log capture: what the supervisor's loop hands over, and how it is held back.

Belongs to the loop's thread; the writer has a thread of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.planning.types import Plan
from orchestrator.projects import places, remembered
from orchestrator.projects.record import Record
from orchestrator.runtime.capture import journal
from orchestrator.runtime.capture.encoding import Encoder, Source
from orchestrator.runtime.capture.rotation import Limits, RotatingFile, WholeFile
from orchestrator.runtime.capture.writer import Health, Sink, Writer
from orchestrator.runtime.lines import Chunk
from orchestrator.runtime.reports import Remark, Report, RolloutEnded, TopologyStarting
from orchestrator.vocabulary import Stream

_PATIENCE_S: Final = 5.0
"""How long nodes are kept waiting for a disk that does not move."""
_STUCK: Final = "the disk did not answer"
_CLOSE_S: Final = 5.0
"""How long the end of a run is held up by one."""


@dataclass(frozen=True, slots=True)
class _Output:
    """A chunk of what a unit wrote, for the writer."""

    encoder: Encoder
    seconds: float
    chunk: Chunk

    @property
    def size(self) -> int:
        return len(self.chunk.data)

    def lines(self) -> bytes:
        if self.chunk.continued:
            return self.encoder.line(self.seconds, self.chunk.data, continued=True)
        return self.encoder.block(self.seconds, self.chunk.data)

    def count(self) -> int:
        return 1 if self.chunk.continued else self.chunk.data.count(b"\n")


@dataclass(frozen=True, slots=True)
class _Aside:
    """Lines that nobody misses."""

    text: bytes = b""
    size: int = 0

    def lines(self) -> bytes:
        return self.text

    def count(self) -> int:
        return 0


class LogStore:
    """Stores one run's output and events under its state directory.

    `record` is what is known of the project. `hold` stops and continues the reading of what nodes write.
    `tell` gets remarks on how the storing goes.
    """

    def __init__(
        self,
        state_dir: Path,
        record: Record,
        plan: Callable[[], Plan],
        limits: Limits,
        *,
        hold: Callable[[bool], None],
        tell: Callable[[Report], None],
        patience_s: float = _PATIENCE_S,
        retry_s: float = 1.0,
    ) -> None:
        self._state_dir = state_dir
        self._record = record
        self._plan = plan
        self._limits = limits
        self._hold = hold
        self._tell = tell
        self._patience_s = patience_s
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(
            tell=lambda health: self._soon(self._judge, health),
            room=lambda: self._soon(self._go_on),
            retry_s=retry_s,
        )
        self._journal = Sink(RotatingFile(state_dir / places.JOURNAL, limits), journal.excuse)
        self._about = WholeFile(state_dir / remembered.NAME)
        self._about_sink = Sink(self._about, lambda *_: b"")
        self._noted: frozenset[str] = frozenset()
        self._sinks: dict[str, Sink] = {}
        self._encoders: dict[tuple[str, Stream], tuple[int, Encoder]] = {}
        self._holding: asyncio.TimerHandle | None = None
        self._given_up: dict[str, int] = {}
        self._events_given_up = 0
        self._stuck = False

    def output(self, unit: str, attempt: int, stream: Stream, seconds: float, chunk: Chunk) -> None:
        """Store what a unit wrote."""
        item = _Output(self._encoder(unit, attempt, stream), seconds, chunk)
        if self._stuck:
            self._given_up[unit] = self._given_up.get(unit, 0) + item.count()
            return
        self._writer.put(self._sink(unit), item)
        if self._writer.full and self._holding is None and self._writer.hold():
            self._hold(True)
            self._wait_for_progress()

    def hear(self, report: Report) -> None:
        """Store an event."""
        if isinstance(report, TopologyStarting | RolloutEnded):
            self._note_plan()
        found = journal.entry(report)
        if found is None:
            return
        if self._stuck:
            self._events_given_up += 1
        else:
            self._writer.put(self._journal, found)

    def _note_plan(self) -> None:
        """Store what the project is and which units it has, for those who read its logs."""
        plan = self._plan()
        self._noted = frozenset(unit.unit for unit in plan.units)
        words = {
            unit.unit: tuple(dict.fromkeys(word for i in unit.instances for word in (i.node, i.instance)))
            for unit in plan.units
        }
        self._about.content = remembered.Remembered(
            project=self._record.project,
            topology=plan.topology,
            file=self._record.file,
            state_dir=self._state_dir,
            since=self._record.since,
            units=words,
        ).encode()
        self._writer.put(self._about_sink, _Aside())

    def close(self) -> None:
        """Write what is left. Waits a few seconds for a disk that does not move, and no longer."""
        if self._holding is not None:
            self._holding.cancel()
        if not self._writer.close(_CLOSE_S):
            self._remark(f"the last output could not be written to {self._state_dir} within {_CLOSE_S:g} s")

    # ------------------------------------------------------------------ holding back

    def _wait_for_progress(self) -> None:
        before = self._writer.progress
        self._holding = self._loop.call_later(self._patience_s, self._look, before)

    def _look(self, before: int) -> None:
        if self._writer.progress != before:
            self._wait_for_progress()
            return
        self._stuck = True
        self._remark(
            f"{self._state_dir} has not taken anything for {self._patience_s:g} s: output is not logged "
            "until it does; the nodes go on"
        )
        self._hold(False)

    def _go_on(self) -> None:
        if self._holding is None:
            return
        self._holding.cancel()
        self._holding = None
        if not self._stuck:
            self._hold(False)
            return
        self._stuck = False
        now = time.time()
        for unit, lost in self._given_up.items():
            text = Encoder(self._source(unit, None, None)).missing(now, lost, _STUCK)
            self._writer.put(self._sink(unit), _Aside(text))
        if self._events_given_up:
            self._writer.put(self._journal, _Aside(journal.excuse(now, self._events_given_up, _STUCK)))
            self._events_given_up = 0
        self._remark(f"output is logged again; {_lines(sum(self._given_up.values()))} lost")
        self._given_up.clear()

    def _judge(self, health: Health) -> None:
        if health.reason is not None:
            self._remark(
                f"output cannot be logged to {self._state_dir}: {health.reason}; it is lost until that "
                "changes, the nodes go on"
            )
        else:
            self._remark(f"output is logged again; {_lines(health.lost)} lost")

    def _remark(self, text: str) -> None:
        self._tell(Remark(time=time.time(), unit=None, text=text))

    def _soon(self, call: Callable[..., None], *args: object) -> None:
        with suppress(RuntimeError):  # the loop has ended; nobody is left to hear of it
            self._loop.call_soon_threadsafe(call, *args)

    # ------------------------------------------------------------------ who writes where

    def _sink(self, unit: str) -> Sink:
        sink = self._sinks.get(unit)
        if sink is None:
            file = RotatingFile(places.log_file(self._state_dir, unit), self._limits)
            sink = Sink(file, Encoder(self._source(unit, None, None)).missing)
            self._sinks[unit] = sink
            if unit not in self._noted:  # it joined later
                self._note_plan()
        return sink

    def _encoder(self, unit: str, attempt: int, stream: Stream) -> Encoder:
        found = self._encoders.get((unit, stream))
        if found is None or found[0] != attempt:
            found = attempt, Encoder(self._source(unit, attempt, stream))
            self._encoders[unit, stream] = found
        return found[1]

    def _source(self, unit: str, attempt: int | None, stream: Stream | None) -> Source:
        plan = next((plan for plan in self._plan().units if plan.unit == unit), None)
        if plan is None:  # gone from the plan, and still talking
            return Source(unit=unit, node=unit, replica=None, attempt=attempt, stream=stream)
        replica = plan.instances[0].replica if len(plan.instances) == 1 else None
        return Source(unit=unit, node=plan.node, replica=replica, attempt=attempt, stream=stream)


def _lines(count: int) -> str:
    return f"{count} line{' is' if count == 1 else 's are'}"
