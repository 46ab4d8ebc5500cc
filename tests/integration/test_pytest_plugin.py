"""The pytest plugin in a user's project: the files of its page, run by a pytest of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from up_support import marked, until

pytestmark = pytest.mark.integration

PAGE = Path(__file__).parents[2] / "docs/how-to/testing.md"
BLOCK = re.compile(r"^<!-- (.*?) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
MARK = f"pytest-plugin-{os.getpid()}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project of the page."""
    for mark, text in BLOCKS:
        if mark.startswith("file: "):
            (tmp_path / mark.removeprefix("file: ")).write_text(text, encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest, after which nothing of it may be left."""
    runtime = project / "runtime"
    runtime.mkdir(exist_ok=True, mode=0o700)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments],
        cwd=project,
        env={
            **os.environ,
            "TEST_MARK": MARK,
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    until(lambda: not marked(MARK), what=lambda: f"left: {marked(MARK)}")
    left = [str(path) for path in runtime.rglob("*") if not path.is_dir()]
    assert left == [], "files are left"
    return done


def test_the_project_of_the_page(project):
    done = run(project, "test_shop.py", "test_async.py", "test_shared.py", "test_desk.py", "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout


def test_the_death_of_the_page(project):
    told = next(mark for mark, _ in BLOCKS if mark.startswith("run: fails with ")).removeprefix(
        "run: fails with "
    )
    done = run(project, "test_death.py")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed" in done.stdout and "error" not in done.stdout.splitlines()[-1]
    assert told in done.stdout, done.stdout
    assert "During handling" not in done.stdout


MORE = """
import os, signal, threading, time
import pytest
from orchestrator import Topology
from orchestrator.testing import NodeDied, running


def test_what_failed_is_told_once_with_what_the_nodes_wrote(orchestrator_up):
    shop = orchestrator_up("topology.yaml")
    shop.socket("till.orders").request({"what": "tea"})
    shop.wait_for(lambda report: getattr(report, "text", "") == "kept tea", 20)
    shop.socket("till.orders").send({"what": "soup"})
    shop.wait_for(lambda report: getattr(report, "new", "") == "backoff", 20)
    assert False, "on purpose"


def test_a_kill_of_the_test_is_no_death(orchestrator_up):
    shop = orchestrator_up("topology.yaml")
    shop.kill("till", signal.SIGKILL)
    shop.wait_for(lambda report: getattr(report, "attempt", 0) == 2 and report.new == "ready", 20)
    assert [death.unit for death in shop.deaths] == ["till"]
    assert shop.socket("till.orders").request({"what": "tea"}) == {"price": 3}


def test_who_may_die_may(orchestrator_up):
    shop = orchestrator_up("topology.yaml", may_die=["till"])
    orders = shop.socket("till.orders", timeout=0.5)
    with pytest.raises(Exception, match="no message within"):
        orders.request({"what": "soup"})
    assert "KeyError" in shop.deaths[0].reason


def test_a_node_that_cannot_start(orchestrator_up):
    topology = Topology("broken").node("bad", command=["sh", "-c", "echo its last words; exit 4"], restart="never")
    topology.node("slow", command=["sleep", "infinity"], ready={"log": "never"})
    began = time.monotonic()
    with pytest.raises(NodeDied, match="(?s)bad of broken died: exit code 4.*its last words"):
        with running(topology):
            pass
    assert time.monotonic() - began < 20
    assert threading.active_count() == 1


def test_errors_of_the_file_come_without_a_traceback(orchestrator_up, tmp_path):
    (tmp_path / "wrong.yaml").write_text("version: 1\\nname: wrong\\nnodes: {a: {comand: [x]}}\\n")
    with pytest.raises(pytest.fail.Exception, match="comand"):
        orchestrator_up(tmp_path / "wrong.yaml")


@pytest.mark.parametrize("turn", range(3))
def test_beside_each_other(orchestrator_up, turn):
    one, two = orchestrator_up("topology.yaml"), orchestrator_up("topology.yaml")
    assert one.address("till.orders") != two.address("till.orders")
    assert one.address("tcp://127.0.0.1:5555") == one.address("till.orders")
    for shop in (one, two):
        assert shop.socket("till.orders").request({"what": "tea"}) == {"price": 3}
"""


def test_deaths_kills_and_neighbours(project):
    """Side by side in two workers, on the same file with the same fixed port."""
    (project / "test_more.py").write_text(MORE)
    done = run(project, "test_more.py", "-n", "2", "-W", "error")
    out = done.stdout + done.stderr
    assert done.returncode == 1, out
    assert "1 failed, 7 passed" in out and "error" not in out.splitlines()[-1], out
    assert "topology shop" in out and "kept tea" in out and "KeyError: 'soup'" in out


def test_it_costs_nothing_where_it_is_not_used(project):
    (project / "test_none.py").write_text(
        "import sys\n\n\ndef test_nothing():\n"
        "    loaded = [m for m in sys.modules if m.split('.')[0] in ('zmq', 'yaml', 'orchestrator')]\n"
        "    assert set(loaded) <= {'orchestrator', 'orchestrator.testing', 'orchestrator.testing.plugin'}\n"
    )
    done = run(project, "test_none.py", "-p", "no:locust", "-p", "no:cov")
    assert done.returncode == 0, done.stdout
    probe = "import sys, orchestrator.testing.block; assert 'pytest' not in sys.modules"
    subprocess.run([sys.executable, "-c", probe], check=True)
