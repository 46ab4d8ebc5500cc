"""Which project's logs are meant, and whose they are."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from orchestrator.errors import UsageError
from orchestrator.projects import places, remembered, rundir
from orchestrator.projects.remembered import NAME, Remembered

Environ = dict[str, str]


@pytest.fixture
def environ(tmp_path: Path) -> Environ:
    (tmp_path / "run").mkdir()
    return {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}


def _ran(
    environ: Environ, project: str, file: str = "-", since: float = 0.0, **units: tuple[str, ...]
) -> Remembered:
    directory = places.state_dir(project, environ)
    directory.mkdir(parents=True)
    one = Remembered(
        project=project, topology=project, file=file, state_dir=directory, since=since, units=units
    )
    (directory / NAME).write_bytes(one.encode())
    return one


def test_what_was_stored_is_read_back_and_damage_is_nothing(environ: Environ) -> None:
    one = _ran(environ, "lab", "/a/lab.yaml", 12.5, worker=("worker",))
    assert remembered.read(one.state_dir) == one
    for damage in (
        b"",
        b"{",
        b"[]",
        b'{"project": 1}',
        b'{"project":"a","topology":"a","file":"f","units":[]}',
    ):
        (one.state_dir / NAME).write_bytes(damage)
        assert remembered.read(one.state_dir) is None
    assert remembered.remembered(environ) == []


def test_a_name_and_a_file_mean_the_project_that_ran(environ: Environ, tmp_path: Path) -> None:
    lab = _ran(environ, "lab", str(tmp_path / "lab.yaml"))
    other = _ran(environ, "other", str(tmp_path / "other.yaml"))
    assert remembered.meant("lab", environ) == lab
    assert remembered.meant(str(tmp_path / "other.yaml"), environ) == other
    assert remembered.meant(None, environ | {"ORCHESTRATOR_PROJECT": "other"}) == other
    for word in ("lba", str(tmp_path / "third.yaml")):
        with pytest.raises(UsageError, match="has never run here"):
            remembered.meant(word, environ)


def test_without_a_word_it_is_the_one_that_runs_or_that_of_this_directory_or_the_only_one(
    environ: Environ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no topology has run here"):
        remembered.meant(None, environ)
    first = _ran(environ, "first")
    assert remembered.meant(None, environ) == first
    second = _ran(environ, "second", str(tmp_path / "topology.yaml"))
    assert remembered.meant(None, environ) == second
    with contextlib.closing(rundir.hold("first", environ, topology="first")):
        assert remembered.meant(None, environ) == first


def test_one_that_runs_is_found_where_what_says_so_was_removed(environ: Environ) -> None:
    with contextlib.closing(rundir.hold("bare", environ, topology="bare", file="/a/bare.yaml")) as held:
        with pytest.raises(UsageError, match="bare runs, and nothing of it is kept in"):
            remembered.meant("bare", environ)
        state = places.state_dir("bare", environ)
        state.mkdir(parents=True)
        for word in ("bare", "/a/bare.yaml", None):
            found = remembered.meant(word, environ)
            assert (found.project, found.state_dir, found.since) == ("bare", state, held.record.since)


def test_several_that_could_be_meant_are_named(
    environ: Environ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _ran(environ, "first")
    _ran(environ, "second")
    with pytest.raises(UsageError) as error:
        remembered.meant(None, environ)
    assert error.value.remedy == "name one with -t: first, second"


def test_of_several_runs_of_one_file_the_one_that_runs_or_the_last(environ: Environ, tmp_path: Path) -> None:
    file = str(tmp_path / "lab.yaml")
    old = _ran(environ, "old", file, since=1.0)
    new = _ran(environ, "new", file, since=2.0)
    assert remembered.meant(file, environ) == new
    with contextlib.closing(rundir.hold("old", environ, topology="old")):
        assert remembered.meant(file, environ) == old


def test_nodes_instances_and_units_name_logs_those_of_earlier_runs_too(environ: Environ) -> None:
    one = _ran(environ, "lab", a=("a",), pool=("b", "c", "c-0"))
    logs = one.state_dir / places.LOGS
    logs.mkdir()
    for name in ("gone.jsonl.2", "a.jsonl", "a.jsonl.1", "notes.txt"):
        (logs / name).touch()
    assert remembered.logged(one.state_dir) == ["a", "gone"]
    assert remembered.units(one, ["b", "gone"]) == {"pool", "gone"}
    assert remembered.units(one, ["c-0"]) == {"pool"}
    assert remembered.units(one, []) == frozenset()
    with pytest.raises(UsageError) as error:
        remembered.units(one, ["gon"])
    assert error.value.remedy == "did you mean 'gone'?"
