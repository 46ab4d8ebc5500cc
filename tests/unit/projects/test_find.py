"""Which project a word on the command line means."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from orchestrator.errors import UsageError
from orchestrator.projects import find, places, rundir


@pytest.fixture
def environ():
    made = Path(tempfile.mkdtemp(prefix="rd", dir="/tmp"))
    yield {"XDG_RUNTIME_DIR": str(made)}
    shutil.rmtree(made)


@pytest.fixture
def start(environ):
    runs = []

    def start(project, file="-"):
        runs.append(rundir.hold(project, environ, topology=project, file=str(file)))

    yield start
    for run in runs:
        run.close()


def test_the_only_one_needs_no_name(start, environ):
    start("market")
    assert find.meant(None, environ).name == "market"


def test_a_name_a_file_and_the_environment_choose(start, environ, tmp_path):
    start("market", tmp_path / "market.yaml")
    start("lab", tmp_path / "lab.yml")
    assert find.meant("lab", environ).name == "lab"
    assert find.meant(str(tmp_path / "market.yaml"), environ).name == "market"
    assert find.meant(None, {**environ, "ORCHESTRATOR_PROJECT": "lab"}).name == "lab"


def test_the_file_of_this_directory_is_meant_where_several_run(start, environ, tmp_path, monkeypatch):
    start("market", tmp_path / "topology.yaml")
    start("lab", "/elsewhere/topology.yaml")
    monkeypatch.chdir(tmp_path)
    assert find.meant(None, environ).name == "market"


@pytest.mark.parametrize(
    ("running", "target", "message", "remedy"),
    [
        ([], None, "no topology runs", "orchestrator up -d FILE"),
        ([], "market", "no topology 'market' runs", "nothing runs"),
        (["market", "lab"], None, "2 topologies run", "lab, market"),
        (["market"], "markt", "no topology 'markt' runs", "did you mean 'market'?"),
        (["market"], "quite-another", "no topology 'quite-another' runs", "what runs: market"),
        (["market"], "./other.yaml", "./other.yaml does not run", "what runs: market"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(start, environ, running, target, message, remedy):
    for project in running:
        start(project)
    with pytest.raises(UsageError) as caught:
        find.meant(target, environ)
    assert caught.value.message == message
    assert remedy in (caught.value.remedy or "")


def test_a_file_that_runs_twice_needs_the_projects_name(start, environ, tmp_path):
    for project in ("one", "two"):
        start(project, tmp_path / "t.yaml")
    with pytest.raises(UsageError) as caught:
        find.meant(str(tmp_path / "t.yaml"), environ)
    assert "one, two" in (caught.value.remedy or "")


def test_state_outlives_runs_in_a_place_of_its_own():
    assert places.state_dir("m", {"XDG_STATE_HOME": "/s"}) == Path("/s/orchestrator/m")
    same = {"XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/s"}
    assert places.state_dir("m", same) != places.run_dir("m", same)
    assert places.state_dir("m", {"HOME": "/h"}) == Path("/h/.local/state/orchestrator/m")
    assert places.state_dir("m", {"HOME": "relative"}).is_absolute()
