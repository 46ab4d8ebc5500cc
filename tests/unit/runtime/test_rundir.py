"""The run's directory: private, unique, gone at the end; what killed supervisors left is cleared."""

from __future__ import annotations

import os
import stat

import pytest

from orchestrator.errors import RunError
from orchestrator.runtime import rundir


def test_private_unique_and_gone_at_the_end(tmp_path):
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    one, two = rundir.make("market", environ), rundir.make("market", environ)
    assert one.path != two.path
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(one.path.parent.stat().st_mode) == 0o700
    one.close()
    one.close()
    assert not one.path.exists()
    assert two.path.exists()
    two.close()


def test_left_overs_go_and_living_runs_stay(tmp_path):
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    living = rundir.make("living", environ)
    dead = tmp_path / "orchestrator" / "dead-1"
    dead.mkdir()
    (dead / rundir.LOCK).touch()
    (dead / "control").touch()
    stranger = tmp_path / "orchestrator" / "not-ours"
    stranger.mkdir()
    rundir.make("next", environ).close()
    assert not dead.exists()
    assert living.path.exists()
    assert stranger.exists(), "a directory without a lock is nobody's left-over"
    living.close()


def test_a_parent_that_others_can_write_is_closed_to_them(tmp_path):
    (tmp_path / "orchestrator").mkdir(mode=0o777)
    (tmp_path / "orchestrator").chmod(0o777)
    rundir.make("t", {"XDG_RUNTIME_DIR": str(tmp_path)}).close()
    assert stat.S_IMODE((tmp_path / "orchestrator").stat().st_mode) == 0o700


def test_no_directory_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "orchestrator").write_text("in the way")
    with pytest.raises(RunError) as caught:
        rundir.make("t", {"XDG_RUNTIME_DIR": str(tmp_path)})
    assert "XDG_RUNTIME_DIR" in (caught.value.remedy or "")


def test_a_long_name_is_cut_so_that_ipc_paths_fit(tmp_path):
    made = rundir.make("x" * 63, {"XDG_RUNTIME_DIR": str(tmp_path)})
    assert len(os.path.basename(made.path)) < 32  # noqa: PTH119
    made.close()
