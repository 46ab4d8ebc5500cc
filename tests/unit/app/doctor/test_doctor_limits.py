"""What the machine allows, beside what a topology needs. Every number is made up."""

from __future__ import annotations

import pytest

from orchestrator.app.doctor.limits import Allowed, limits
from orchestrator.app.doctor.types import Check, Needs, Status
from orchestrator.kernel.limits import GroupLimits

MIB = 1 << 20


def about(word: str, allowed: Allowed, needs: Needs | None = None) -> Check:
    """The one check that speaks of `word`."""
    (found,) = [check for check in limits(allowed, needs or Needs()) if word in check.fact]
    return found


@pytest.mark.parametrize(
    ("files", "needs", "status", "told"),
    [
        (None, Needs(python=500), Status.OK, "no limit of open files"),
        (20000, Needs(), Status.OK, "20000 open files are allowed"),
        (1024, Needs(), Status.NOTE, "enough for about 256 nodes"),
        (1024, Needs(python=3), Status.OK, "1024 open files are allowed; this topology needs about 48"),
        (1024, Needs(python=250, foreign=2), Status.ERROR, "252 processes need about 1038 open files"),
    ],
)
def test_open_files(files: int | None, needs: Needs, status: Status, told: str) -> None:
    check = about("open files", Allowed(files=files), needs)
    assert (check.status, told in check.fact) == (status, True), check
    assert (check.remedy is not None) == (status is not Status.OK)


@pytest.mark.parametrize(
    ("allowed", "status", "told"),
    [
        (Allowed(), Status.OK, "no limit of processes"),
        (Allowed(processes=500), Status.OK, "500 more processes and threads are allowed (RLIMIT_NPROC)"),
        (Allowed(processes=20), Status.ERROR, "and RLIMIT_NPROC leaves 20"),
        (
            Allowed(processes=500, groups=GroupLimits(tasks=64, tasks_used=50)),
            Status.ERROR,
            "takes about 33 processes and threads, and the control group leaves 14",
        ),
        (Allowed(groups=GroupLimits(tasks=64, tasks_used=90)), Status.ERROR, "leaves 0"),
    ],
)
def test_tasks(allowed: Allowed, status: Status, told: str) -> None:
    check = about("processes and threads", allowed, Needs(python=3))
    assert (check.status, told in check.fact) == (status, True), check


@pytest.mark.parametrize(
    ("allowed", "status", "told"),
    [
        (Allowed(memory_free=900 * MIB), Status.OK, "900 MiB of memory are free (of the machine)"),
        (Allowed(memory_free=3 << 30), Status.OK, "3.0 GiB"),
        (Allowed(memory_free=100 * MIB), Status.WARNING, "this topology takes 300 MiB at least"),
        (
            Allowed(memory_free=900 * MIB, groups=GroupLimits(memory=256 * MIB, memory_used=64 * MIB)),
            Status.WARNING,
            "192 MiB of memory are free (of the control group)",
        ),
        (Allowed(), Status.NOTE, "cannot be seen"),
    ],
)
def test_memory(allowed: Allowed, status: Status, told: str) -> None:
    check = about("memory", allowed, Needs(memory=300 * MIB))
    assert (check.status, told in check.fact) == (status, True), check


@pytest.mark.parametrize(
    ("quota", "status", "told"),
    [
        (None, Status.OK, "4 processors"),
        (8.0, Status.OK, "4 processors"),
        (1.5, Status.NOTE, "4 processors, of which the control group grants the time of 1.5"),
        (0.25, Status.WARNING, "heartbeats come late"),
    ],
)
def test_processors(quota: float | None, status: Status, told: str) -> None:
    check = about("processors", Allowed(cpus=4, groups=GroupLimits(cpus=quota)))
    assert (check.status, told in check.fact) == (status, True), check
