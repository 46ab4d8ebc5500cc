"""What killed runs left. Directories are the test's own, processes are made up."""

from __future__ import annotations

import tempfile
from pathlib import Path

from orchestrator.app.doctor.leftovers import elsewhere, leftovers, unclaimed
from orchestrator.app.doctor.types import Check, Status
from orchestrator.projects import places, rundir
from orchestrator.projects.find import Project
from orchestrator.projects.record import Record


def project(*, running: bool = False, keep: bool = False) -> Project:
    record = Record(
        project="wires", topology="wires", file="/t.yaml", pid=77, born="5", since=0.0, keep=keep, mark="m1"
    )
    return Project(record=record, run_dir=Path("/run/orchestrator/wires"), running=running)


def one(*found: Project, marks: dict[str, list[int]] | None = None) -> Check:
    (check,) = leftovers(found, marks or {}, [], [])
    return check


def test_nothing_is_left() -> None:
    assert one().status is Status.OK
    assert one(project(running=True), marks={"m1": [1, 2]}).status is Status.OK


def test_a_supervisor_that_was_killed() -> None:
    check = one(project())
    assert check.status is Status.NOTE
    assert check.fact == "the supervisor of wires (process 77) was killed; /run/orchestrator/wires is left"


def test_processes_without_a_supervisor() -> None:
    check = one(project(), marks={"m1": [8, 9], "m2": [10]})
    assert (check.status, check.remedy) == (Status.WARNING, "kill 8 9")
    assert "2 processes of it run on (8, 9)" in check.fact


def test_processes_that_wait_for_another_supervisor() -> None:
    check = one(project(keep=True), marks={"m1": [8]})
    assert (check.status, check.remedy) == (Status.NOTE, "`orchestrator up /t.yaml` takes them over")


def test_what_lies_there_and_is_of_no_project() -> None:
    with tempfile.TemporaryDirectory(prefix="oc", dir="/tmp") as short:
        environ = {"XDG_RUNTIME_DIR": short}
        parent = places.runtime_parent(environ)
        assert unclaimed(parent) == []
        run = rundir.hold("wires", environ, topology="wires")
        assert unclaimed(parent) == []
        (parent / "stray").mkdir()
        (parent / "empty.lock").touch()
        assert unclaimed(parent) == [parent / "empty.lock", parent / "stray"]
        run.close()
    (check,) = leftovers([], {}, [Path("/run/orchestrator/stray")], [])
    assert check.fact == "/run/orchestrator/stray is of no project"


def test_projects_that_run_where_nobody_looks() -> None:
    (check,) = leftovers([], {}, [], [project(running=True)])
    assert check.status is Status.NOTE
    assert check.remedy == "XDG_RUNTIME_DIR=/run orchestrator ps wires"
    (fine,) = leftovers([], {}, [], [project(running=False)])
    assert fine.status is Status.OK


def test_the_chosen_place_is_not_elsewhere() -> None:
    chosen = places.runtime_parent({})
    assert chosen not in places.other_parents({})
    assert all(found.run_dir.parent != chosen for found in elsewhere({}))
