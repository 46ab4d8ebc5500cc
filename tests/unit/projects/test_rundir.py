"""A project is held by one; its directory is private and gone at the end; left-overs of the killed are cleared."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from orchestrator.errors import RunError, UsageError
from orchestrator.projects import find, places, rundir
from orchestrator.transport.shared.files import group_of, unavailable
from orchestrator.transport.shared.pool import Pool


@pytest.fixture
def base():
    """Short, as ipc paths demand; a test's own directory is not."""
    made = Path(tempfile.mkdtemp(prefix="rd", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def environ(base):
    return {"XDG_RUNTIME_DIR": str(base)}


def hold(project, environ, **facts):
    return rundir.hold(project, environ, topology=facts.pop("topology", project), **facts)


def die(run):
    """What SIGKILL leaves of a supervisor: everything but its descriptors."""
    os.close(run._descriptor)
    run._descriptor = None


def test_private_and_gone_at_the_end(environ):
    run = hold("market", environ)
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(run.path.parent.stat().st_mode) == 0o700
    run.close()
    run.close()
    assert list(run.path.parent.iterdir()) == []


def test_a_second_holder_is_refused_and_told_who_has_it(environ):
    with_care = hold("market", environ, file="/srv/market.yaml")
    with pytest.raises(rundir.ProjectHeldError) as caught:
        hold("market", environ)
    assert f"process {os.getpid()} holds it since 20" in caught.value.message
    assert "/srv/market.yaml" in caught.value.message
    assert "--project" in (caught.value.remedy or "")
    with_care.close()
    hold("market", environ).close()


def test_what_a_killed_supervisor_left_is_cleared_and_named(environ):
    killed = hold("market", environ)
    (killed.path / "control").touch()
    die(killed)
    assert [(p.name, p.running) for p in find.projects(environ)] == [("market", False)]
    run = hold("market", environ)
    assert run.leftover == killed.record
    assert list(run.path.iterdir()) == []
    run.close()


def test_a_lock_that_names_nobody_is_no_obstacle(environ, base):
    run = hold("market", environ)
    die(run)
    places.lock_file("market", environ).write_bytes(b"\xff not json")
    again = hold("market", environ)
    assert again.leftover is None
    again.close()


def test_left_overs_of_made_up_names_go_with_the_next_run(environ):
    living, killed, named = (
        hold(n, environ, ephemeral=e) for n, e in (("living-1", True), ("dead-1", True), ("named", False))
    )
    die(killed)
    die(named)
    hold("next", environ).close()
    assert not killed.path.exists()
    assert living.path.exists()
    assert named.path.exists(), "its own next run tells about it"
    living.close()
    hold("named", environ).close()


def test_a_holder_that_goes_in_this_moment_is_waited_for(environ, monkeypatch):
    run, pauses = hold("market", environ), []
    monkeypatch.setattr(rundir.time, "sleep", lambda s: (pauses.append(s), run.close()))
    hold("market", environ).close()
    assert pauses


def test_a_lock_removed_between_opening_and_locking_is_made_again(environ, monkeypatch):
    looked, is_at = [], rundir._is_at

    def late(descriptor, path):
        looked.append(path)
        if len(looked) == 1:
            path.unlink()
        return is_at(descriptor, path)

    monkeypatch.setattr(rundir, "_is_at", late)
    run = hold("market", environ)
    assert len(looked) == 2
    assert find.running(environ)[0].name == "market"
    run.close()


def test_a_parent_that_others_can_write_is_closed_to_them(base, environ):
    (base / "orchestrator").mkdir(mode=0o777)
    (base / "orchestrator").chmod(0o777)
    hold("t", environ).close()
    assert stat.S_IMODE((base / "orchestrator").stat().st_mode) == 0o700


def test_no_directory_is_an_error_with_a_remedy(base, environ):
    (base / "orchestrator").write_text("in the way")
    with pytest.raises(RunError) as caught:
        hold("t", environ)
    assert "XDG_RUNTIME_DIR" in (caught.value.remedy or "")


def test_long_names_are_shortened_and_stay_apart(environ):
    one, two = hold("x" * 62 + "1", environ), hold("x" * 62 + "2", environ)
    assert one.path != two.path
    assert max(len(one.path.name), len(two.path.name)) < 32
    one.close()
    two.close()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "x" * 64, "-rf", "a b", "é", "a\n"])
def test_a_name_that_is_no_name_is_refused(name, environ):
    with pytest.raises(UsageError, match="cannot name a project"):
        hold(name, environ)


def test_where_no_ipc_path_would_fit_another_place_is_taken(base):
    deep = base / ("deep" * 20)
    deep.mkdir()
    run = hold("x" * 63, {"XDG_RUNTIME_DIR": str(deep)})
    assert not run.path.is_relative_to(base)
    assert len(os.fsencode(run.path / "control")) < 107
    run.close()


@pytest.mark.skipif(unavailable() is not None, reason="no shared memory here")
@pytest.mark.parametrize("killed", [False, True])
def test_shared_memory_goes_with_the_run(environ, killed):
    held = rundir.hold("quickstart", environ, topology="t")
    pool = Pool(group_of(str(held.path)), 1, 65536, one_of=True, lasting=False)
    path = Path(pool._path)
    if killed:
        os.close(held._descriptor)
        again = rundir.hold("quickstart", environ, topology="t")
        assert not path.exists()
        again.close()
    else:
        assert path.exists()
        held.close()
    assert not path.parent.exists()
    pool.close()
