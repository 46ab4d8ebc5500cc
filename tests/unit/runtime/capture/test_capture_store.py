"""The log store in front of its thread: what goes where, and what happens when the disk stands still."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from orchestrator.planning.types import Plan
from orchestrator.projects import remembered
from orchestrator.projects.places import JOURNAL, log_file
from orchestrator.projects.record import Record
from orchestrator.runtime.capture.rotation import Limits
from orchestrator.runtime.capture.store import LogStore
from orchestrator.runtime.capture.writer import HIGH
from orchestrator.runtime.lines import Chunk
from orchestrator.runtime.reports import Remark, Report, TopologyStarting
from orchestrator.vocabulary import Stream

RECORD = Record(project="lab", topology="lab", file="/lab.yaml", pid=1, born=None, since=12.5)
STARTING = TopologyStarting(time=13.0, topology="lab", units=("feed",), run_dir="/run")


def _plan(**units: tuple[tuple[str, str, int], ...]) -> Plan:
    """unit -> (node, instance, replica) of each instance in it."""
    found = [
        SimpleNamespace(
            unit=unit,
            node=instances[0][0],
            instances=[SimpleNamespace(node=n, instance=i, replica=r) for n, i, r in instances],
        )
        for unit, instances in units.items()
    ]
    return cast(Plan, SimpleNamespace(topology="lab", units=found))


class Desk:
    """A store and what it told and asked for."""

    def __init__(self, state: Path, plan: Plan, patience_s: float = 5.0) -> None:
        self.plan = plan
        self.told: list[str] = []
        self.held: list[bool] = []
        self.store = LogStore(
            state,
            RECORD,
            lambda: self.plan,
            Limits(max_size=10_000_000, max_files=5, max_age_s=604_800.0),
            hold=self.held.append,
            tell=self._hear,
            patience_s=patience_s,
            retry_s=0.01,
        )

    def _hear(self, report: Report) -> None:
        assert isinstance(report, Remark)
        self.told.append(report.text)

    def write(self, unit: str, data: bytes, *, continued: bool = False) -> None:
        self.store.output(unit, 1, Stream.STDOUT, 1_760_000_000.0, Chunk(data, continued))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.001)


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_each_unit_has_a_file_and_events_have_theirs(tmp_path: Path) -> None:
    async def scene() -> None:
        desk = Desk(tmp_path, _plan(feed=(("feed", "feed", 0),), pool=(("a", "a-1", 1), ("b", "b", 0))))
        desk.store.hear(STARTING)
        desk.write("feed", b"one\ntwo\n")
        desk.write("pool", b"a piece", continued=True)
        desk.store.close()
        assert desk.told == [] and desk.held == []

    asyncio.run(scene())
    feed, pool = _records(log_file(tmp_path, "feed")), _records(log_file(tmp_path, "pool"))
    assert [(one["text"], one["node"], one["replica"]) for one in feed] == [
        ("one", "feed", 0),
        ("two", "feed", 0),
    ]
    assert [(one["text"], one["node"], one["replica"], one["continued"]) for one in pool] == [
        ("a piece", "a", None, True)
    ]
    assert [one["event"] for one in _records(tmp_path / JOURNAL)] == ["topology_starting"]
    about = remembered.read(tmp_path)
    assert about is not None
    assert (about.project, about.file, about.since) == ("lab", "/lab.yaml", 12.5)
    assert about.units == {"feed": ("feed",), "pool": ("a", "a-1", "b")}


def test_units_that_join_later_are_remembered_and_those_that_left_still_talk(tmp_path: Path) -> None:
    async def scene() -> None:
        desk = Desk(tmp_path, _plan(feed=(("feed", "feed", 0),)))
        desk.store.hear(STARTING)
        desk.plan = _plan(feed=(("feed", "feed-0", 0),), more=(("feed", "feed-1", 1),))
        desk.write("more", b"hello\n")
        desk.write("gone", b"last words\n")
        desk.store.close()

    asyncio.run(scene())
    about = remembered.read(tmp_path)
    assert about is not None and about.units == {"feed": ("feed", "feed-0"), "more": ("feed", "feed-1")}
    assert _records(log_file(tmp_path, "gone"))[0]["node"] == "gone"


def test_a_directory_that_cannot_be_made_is_told_once_and_mends_itself(tmp_path: Path) -> None:
    async def scene() -> None:
        state = tmp_path / "state"
        state.write_text("in the way")
        desk = Desk(state, _plan(feed=(("feed", "feed", 0),)))
        for number in range(5):
            desk.write("feed", b"%d\n" % number)
        await desk.until(lambda: bool(desk.told))
        state.unlink()
        await desk.until(lambda: len(desk.told) > 1)
        desk.store.close()
        assert "cannot be logged" in desk.told[0] and "the nodes go on" in desk.told[0]
        first, *written = _records(log_file(state, "feed"))
        missing = first["missing"]
        assert (
            desk.told[1] == f"output is logged again; {missing} line{'s are' if missing > 1 else ' is'} lost"
        )
        assert first["stream"] == "orchestrator"
        assert [record["text"] for record in written] == [str(n) for n in range(missing, 5)]

    asyncio.run(scene())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_disk_that_stands_still_holds_nodes_back_for_a_while_and_no_longer(tmp_path: Path) -> None:
    async def scene() -> None:
        path = log_file(tmp_path, "feed")
        path.parent.mkdir()
        os.mkfifo(path)  # takes 64 KiB, and then nothing
        desk = Desk(tmp_path, _plan(feed=(("feed", "feed", 0),)), patience_s=0.05)
        line, count = b"x" * 999 + b"\n", HIGH // 1000 + 1
        for _ in range(count):
            desk.write("feed", line)
        assert desk.held == [True]
        await desk.until(lambda: bool(desk.told))
        assert desk.held == [True, False], "the nodes go on"
        assert "has not taken anything for 0.05 s" in desk.told[0]
        for _ in range(7):
            desk.write("feed", line)
        desk.store.hear(STARTING)
        texts = await _drained(path, lambda: len(desk.told) > 1)
        assert desk.told[1] == "output is logged again; 7 lines are lost"
        desk.store.close()
        records = [json.loads(text) for text in texts.splitlines()]
        assert sum("missing" not in one for one in records) == count
        assert [one["missing"] for one in records if "missing" in one] == [7]
        [event] = _records(tmp_path / JOURNAL)
        assert (event["event"], event["count"]) == ("missing", 1)

    async def _drained(path: Path, ended: Callable[[], bool]) -> bytes:
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        found = b""
        try:
            async with asyncio.timeout(20):
                while not ended() or not found.endswith(b'missing here: the disk did not answer"}\n'):
                    await asyncio.sleep(0.001)
                    try:
                        found += os.read(reader, 1 << 20)
                    except BlockingIOError:
                        continue
        finally:
            os.close(reader)
        return found

    asyncio.run(scene())
