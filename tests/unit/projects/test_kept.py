"""A project whose nodes run without a supervisor: its directory is left alone, and it is spoken of as what it is."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from orchestrator.engines import kept as engine
from orchestrator.errors import UsageError
from orchestrator.projects import find, kept, rundir

pytestmark = pytest.mark.skipif(os.name != "posix", reason="unix sockets and locks")


@pytest.fixture
def environ() -> Iterator[Mapping[str, str]]:
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:  # short: socket paths have 107 bytes
        yield {"XDG_RUNTIME_DIR": directory}


def orphan(environ: Mapping[str, str], name: str = "lab", *, keep: bool = True) -> tuple[Path, socket.socket]:
    """Left by a supervisor that was killed."""
    held = rundir.hold(name, environ, topology=name, file=f"/srv/{name}.yaml", keep=keep)
    waiting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    waiting.bind(str(held.path / kept.ZYGOTE))
    waiting.listen()
    assert held._descriptor is not None
    os.close(held._descriptor)
    return held.path, waiting


def test_both_sides_know_the_place() -> None:
    assert kept.ZYGOTE == engine.ZYGOTE


def test_its_directory_is_inherited_and_can_be_left_again(environ: Mapping[str, str]) -> None:
    path, waiting = orphan(environ)
    with waiting:
        (path / "nodes.sock").touch()
        held = rundir.hold("lab", environ, topology="lab")
        assert held.inherited and (path / "nodes.sock").exists()
        held.leave()
        held.close()
        [project] = find.projects(environ)
        assert project.kept and project.record.file == "/srv/lab.yaml"
        assert (path / "nodes.sock").exists()


def test_who_has_taken_over_cleans_up(environ: Mapping[str, str]) -> None:
    path, waiting = orphan(environ)
    with waiting:
        rundir.hold("lab", environ, topology="lab").close()
    assert not path.exists() and find.projects(environ) == []


def test_one_that_ended_meanwhile_leaves_an_empty_directory(environ: Mapping[str, str]) -> None:
    path, waiting = orphan(environ)
    with waiting:
        held = rundir.hold("lab", environ, topology="lab")
        held.clear()
        assert list(path.iterdir()) == [] and not held.inherited
        held.close()


@pytest.mark.parametrize("keep", [True, False])
def test_without_anybody_who_waits_it_was_killed(environ: Mapping[str, str], keep: bool) -> None:
    path, waiting = orphan(environ, keep=keep)
    if keep:
        waiting.close()
    with waiting:
        assert not find.projects(environ)[0].kept
        held = rundir.hold("lab", environ, topology="lab")
        assert not held.inherited and held.leftover is not None and list(path.iterdir()) == []
        held.close()


@pytest.mark.parametrize("target", [None, "lab", "/srv/lab.yaml"])
def test_it_cannot_be_asked_and_that_is_said(environ: Mapping[str, str], target: str | None) -> None:
    _, waiting = orphan(environ)
    with waiting:
        with pytest.raises(UsageError, match="lab runs without a supervisor") as caught:
            find.meant(target, environ)
        assert caught.value.remedy is not None
        assert "orchestrator down lab" in caught.value.remedy
        assert "orchestrator up /srv/lab.yaml" in caught.value.remedy
        assert find.meant(target, environ, also_kept=True).name == "lab"


def test_one_that_runs_is_meant_before_one_that_is_kept(environ: Mapping[str, str]) -> None:
    _, waiting = orphan(environ)
    with waiting:
        other = rundir.hold("other", environ, topology="other")
        assert find.meant(None, environ).name == "other"
        with pytest.raises(UsageError, match="no topology 'third' runs"):
            find.meant("third", environ)
        other.close()
