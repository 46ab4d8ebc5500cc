"""Reports as plain values and back."""

from __future__ import annotations

import json

import pytest

from orchestrator.runtime.records import fields, report
from orchestrator.runtime.reports import (
    OutputLine,
    Remark,
    StateChanged,
    TopologyEnded,
    TopologyReady,
    TopologyStarting,
)
from orchestrator.vocabulary import NodeState, Stream

REPORTS = [
    OutputLine(time=1.5, unit="a-0", node="a", attempt=2, stream=Stream.STDERR, text="x\u00e9"),
    StateChanged(
        time=1.0,
        unit="a-0",
        node="a",
        old=NodeState.READY,
        new=NodeState.FAILED,
        reason="exit code 3",
        attempt=1,
        pid=None,
        last_lines=("one", "two"),
    ),
    TopologyStarting(time=0.0, topology="t", units=("a-0", "b"), run_dir="/run/t"),
    TopologyReady(time=0.0, topology="t", units=2, seconds=0.25),
    TopologyEnded(time=0.0, topology="t", failed=True, reason="a has failed"),
    Remark(time=0.0, unit=None, text="a word"),
]


@pytest.mark.parametrize("told", REPORTS, ids=lambda told: type(told).__name__)
def test_a_report_comes_back_as_it_was(told):
    found = report(json.loads(json.dumps(fields(told))))
    if isinstance(told, TopologyStarting):
        assert fields(found) == json.loads(json.dumps(fields(told)))
    else:
        assert found == told


def test_a_kind_of_a_later_version_is_passed_over():
    assert report({"event": "eclipse", "time": 1.0}) is None
