"""The run's directory: private, unique, gone at the end; what killed supervisors left is cleared."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from orchestrator.errors import RunError
from orchestrator.runtime import rundir


@pytest.fixture
def base():
    """Short, as ipc paths demand; a test's own directory is not."""
    made = Path(tempfile.mkdtemp(prefix="rd", dir="/tmp"))
    yield made
    shutil.rmtree(made)


def test_private_unique_and_gone_at_the_end(base):
    environ = {"XDG_RUNTIME_DIR": str(base)}
    one, two = rundir.make("market", environ), rundir.make("market", environ)
    assert one.path != two.path
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(one.path.parent.stat().st_mode) == 0o700
    one.close()
    one.close()
    assert not one.path.exists()
    assert two.path.exists()
    two.close()


def test_left_overs_go_and_living_runs_stay(base):
    environ = {"XDG_RUNTIME_DIR": str(base)}
    living = rundir.make("living", environ)
    dead = base / "orchestrator" / "dead-1"
    dead.mkdir()
    (dead / rundir.LOCK).touch()
    (dead / "control").touch()
    stranger = base / "orchestrator" / "not-ours"
    stranger.mkdir()
    rundir.make("next", environ).close()
    assert not dead.exists()
    assert living.path.exists()
    assert stranger.exists(), "a directory without a lock is nobody's left-over"
    living.close()


def test_a_parent_that_others_can_write_is_closed_to_them(base):
    (base / "orchestrator").mkdir(mode=0o777)
    (base / "orchestrator").chmod(0o777)
    rundir.make("t", {"XDG_RUNTIME_DIR": str(base)}).close()
    assert stat.S_IMODE((base / "orchestrator").stat().st_mode) == 0o700


def test_no_directory_is_an_error_with_a_remedy(base):
    (base / "orchestrator").write_text("in the way")
    with pytest.raises(RunError) as caught:
        rundir.make("t", {"XDG_RUNTIME_DIR": str(base)})
    assert "XDG_RUNTIME_DIR" in (caught.value.remedy or "")


def test_a_long_name_is_cut_so_that_ipc_paths_fit(base):
    made = rundir.make("x" * 63, {"XDG_RUNTIME_DIR": str(base)})
    assert len(os.path.basename(made.path)) < 32  # noqa: PTH119
    made.close()


def test_where_no_ipc_path_would_fit_another_place_is_taken(base):
    deep = base / ("deep" * 20)
    deep.mkdir()
    made = rundir.make("x" * 63, {"XDG_RUNTIME_DIR": str(deep)})
    assert not made.path.is_relative_to(base)
    assert len(os.fsencode(made.path / "control")) < 107
    made.close()


def test_a_directory_that_was_swept_before_it_was_locked_is_made_again(base, monkeypatch):
    made, lock = [], rundir._lock

    def late(path):
        made.append(path.parent)
        if len(made) == 1:
            shutil.rmtree(path.parent)
        return lock(path)

    monkeypatch.setattr(rundir, "_lock", late)
    run = rundir.make("t", {"XDG_RUNTIME_DIR": str(base)})
    assert run.path == made[1]
    assert run.path.is_dir()
    run.close()
