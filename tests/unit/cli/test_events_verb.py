"""`orchestrator events` on a stored journal."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli import main
from orchestrator.cli.events import EVENTS
from orchestrator.projects import places
from orchestrator.projects.remembered import NAME, Remembered
from orchestrator.runtime import records
from orchestrator.runtime.capture import journal
from orchestrator.runtime.reports import (
    Remark,
    Report,
    StateChanged,
    TopologyEnded,
    TopologyReady,
    TopologyStarting,
    Vitals,
)
from orchestrator.vocabulary import NodeState

Capture = pytest.CaptureFixture[str]
T0 = 1_760_000_000.25


def _change(time: float, unit: str, old: NodeState, new: NodeState, **more: Any) -> StateChanged:
    return StateChanged(
        **{"time": time, "unit": unit, "node": unit, "old": old, "new": new, "reason": "", "attempt": 1}
        | more
    )


STORY: tuple[Report, ...] = (
    TopologyStarting(time=T0, topology="lab", units=("feed", "sink"), run_dir="/run/lab"),
    _change(T0 + 1, "feed", NodeState.STARTING, NodeState.READY, reason="heartbeat", pid=12),
    TopologyReady(time=T0 + 2, topology="lab", units=2, seconds=2.0),
    Vitals(time=T0 + 3, topology="lab", ready=2, units=2),
    _change(T0 + 3, "sink", NodeState.READY, NodeState.BACKOFF, reason="exit code 3", attempt=2),
    Remark(time=T0 + 4, unit="feed", text="odd \x1b[2Jbytes\x07"),
    _change(
        T0 + 5, "sink", NodeState.BACKOFF, NodeState.FAILED, reason="exit code 3", last_lines=("no disk",)
    ),
    TopologyEnded(time=T0 + 6, topology="lab", failed=True, reason="sink failed"),
)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        patch.setenv("TZ", "UTC")
        patch.chdir(tmp_path)
        time.tzset()
        yield _filled(tmp_path)
    time.tzset()


def _filled(tmp_path: Path) -> Path:
    state = places.state_dir("lab", {"XDG_STATE_HOME": str(tmp_path / "state")})
    state.mkdir(parents=True)
    units = {"feed": ("feed",), "sink": ("sink",)}
    one = Remembered(project="lab", topology="lab", file="-", state_dir=state, since=T0 + 4, units=units)
    (state / NAME).write_bytes(one.encode())
    entries = [entry for report in STORY if (entry := journal.entry(report)) is not None]
    (state / places.JOURNAL).write_bytes(b"".join(entry.lines() for entry in entries))
    return state


@pytest.mark.usefixtures("state")
def test_the_journal_is_replayed_for_people(capsys: Capture) -> None:
    assert main(["events"]) == 0
    shown = [line.removeprefix("10-09 08:53:") for line in capsys.readouterr().out.splitlines()]
    assert shown == [
        "20.250 orchestrator | starting lab: 2 processes",
        "21.250 feed         | ready (pid 12): heartbeat",
        "22.250 orchestrator | lab is ready after 2.00 s",
        "23.250 sink         | backoff (process 2): exit code 3",
        "24.250 feed         | odd bytes\\x07",
        "25.250 sink         | failed: exit code 3",
        "25.250 sink         |   no disk",
        "26.250 orchestrator | lab failed: sink failed",
    ]


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("words", "events"),
    [
        (["lab", "--node", "feed"], ["state", "remark"]),
        (["--kind", "failed"], ["state"]),
        (["--kind", "backoff", "--kind", "topology_ended"], ["state", "topology_ended"]),
        (["--node", "sink", "--kind", "remark"], []),
        (["--since", "start"], ["remark", "state", "topology_ended"]),
        (["-n", "1"], ["topology_ended"]),
        (["-f", "--tail", "2"], ["state", "topology_ended"]),
    ],
)
def test_events_are_chosen(words: list[str], events: list[str], capsys: Capture) -> None:
    assert main(["events", *words, "--format", "json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["event"] for one in found] == events
    assert all(one["version"] == 1 and one["time"].endswith("Z") for one in found)


def test_events_of_other_versions_are_told_as_they_are(state: Path, capsys: Capture) -> None:
    odd = {"event": "moved", "unit": "feed", "from": "a\x1b[1m", "to": None}
    lines = [
        journal.record(T0, odd),
        journal.record(T0, {"event": "state"}),
        journal.excuse(T0, 3, "no space"),
    ]
    hook = {"hook": "hook 1 (page.sh)", "on": "failed", "unit": None, "seconds": 1.0}
    lines += [
        journal.record(T0, {"event": "hook", "failure": told, **hook}) for told in (None, "exit code 1")
    ]
    rollout = {"event": "rollout_ended", "rollout": 3, "reason": "user", "done": [], "left": []}
    lines += [journal.record(T0, {"ok": ok, "rolled_back": not ok, **rollout}) for ok in (True, False)]
    (state / places.JOURNAL).write_bytes(
        b"".join(lines) + b'{"time":"2026-11-21T0"}\n{"time":"2026-11-21T00:00:00.000000Z"}\n'
    )
    assert main(["events"]) == 0
    assert [line.partition("| ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "moved (from: a)",
        "state",
        "3 events are missing here: no space",
        "hook 1 (page.sh) on failed took 1.00 s",
        "hook 1 (page.sh) on failed failed: exit code 1",
        "rollout 3 is done: user",
        "rollout 3 ended early: user; what it changed was put back",
        "None",
    ]


@pytest.mark.usefixtures("state")
def test_a_kind_that_does_not_exist_is_usage(capsys: Capture) -> None:
    assert main(["events", "--kind", "faild"]) == 2
    assert main(["events", "--node", "fed"]) == 2
    assert "did you mean 'feed'?" in capsys.readouterr().err


def test_every_event_of_the_journal_can_be_asked_for_and_is_on_the_page() -> None:
    source = Path(records.__file__).read_text()
    told = set(re.findall(r'"event": "(\w+)"', source)) - {"output", "vitals"}
    assert told <= set(EVENTS)
    page = (Path(__file__).parents[3] / "docs/reference/events.md").read_text()
    assert all(f"| `{event}` |" in page for event in EVENTS)
