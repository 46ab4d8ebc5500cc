"""What is compiled from the C files of this directory; ImportError where nothing was."""

from __future__ import annotations

from importlib import import_module

_lanes = import_module("orchestrator.lanes._lanes")

REVISION, DIGEST = _lanes.REVISION, _lanes.DIGEST
InLane, OutLane, Rest = _lanes.InLane, _lanes.OutLane, _lanes.Rest
Last, Row, Steps, Tally, Traced = _lanes.Last, _lanes.Row, _lanes.Steps, _lanes.Tally, _lanes.Traced
join, load, seed, split = _lanes.join, _lanes.load, _lanes.seed, _lanes.split
