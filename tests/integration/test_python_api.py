"""The Python face: load, check, graph, render, build in code, bring up."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from orchestrator import OrchestratorError, Topology
from orchestrator.runtime.reports import OutputLine, StateChanged
from orchestrator.vocabulary import NodeState

pytestmark = pytest.mark.integration

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def _doubler() -> Topology:
    factor = 2  # a closure: only dill carries it

    def numbers():
        import time

        n = 0
        while True:
            yield n
            n += 1
            time.sleep(0.01)

    topology = Topology("doubler", messages={"Number": {"codec": "json"}})
    topology.node("numbers", numbers, sockets={"out": {"type": "PUSH", "bind": "auto", "message": "Number"}})
    topology.node(
        "doubler",
        lambda n: print("twice", factor * n),
        sockets={"in": {"type": "PULL", "connect": "numbers.out", "message": "Number"}},
    )
    return topology


def test_functions_and_lambdas_become_nodes():
    topology = _doubler()
    assert topology.check() == ()
    with topology.up() as system:
        system.wait_ready(PATIENCE_S)
        system.wait_for(lambda r: isinstance(r, OutputLine) and r.text == "twice 10", PATIENCE_S)
        assert system.states == {"numbers": NodeState.READY, "doubler": NodeState.READY}
        pid = system.snapshot().units["numbers"].pid
        system.kill("numbers", signal.SIGKILL)
        again = system.wait_for(
            lambda r: isinstance(r, StateChanged) and r.new is NodeState.READY and r.attempt == 2, PATIENCE_S
        )
        assert again.pid != pid
        assert [unit.unit for unit in system.plan().units] == ["numbers", "doubler"]
        assert system.addresses() == {("numbers", "out"): (f"ipc://{system.plan().run_dir}/numbers.out",)}
        system.restart("doubler")
        system.wait_for(
            lambda r: isinstance(r, StateChanged) and r.unit == "doubler" and r.attempt == 2, PATIENCE_S
        )
    assert set(system.states.values()) == {NodeState.STOPPED}
    assert any("SIGKILL" in r.reason for r in system.events if isinstance(r, StateChanged))
    with pytest.raises(OrchestratorError, match="has ended"):
        system.addresses()


def test_it_works_from_main_of_a_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from orchestrator import Topology\n\n"
        "GREETING = 'hello'\n\n"
        "def greet():\n    print(GREETING, 'from a task')\n    yield None\n\n"
        "t = Topology('script')\n"
        "t.node('task', greet, kind='task', sockets={'out': {'type': 'PUSH', 'bind': 'auto'}})\n"
        "with t.up() as system:\n    assert system.wait(60)\n    print(system.output('task'))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "['hello from a task']" in done.stdout


def _python(text: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=120, check=False, **more
    )


def test_it_works_from_a_command_line_and_ends_with_the_interpreter():
    """`python -c` has no file that a child could import; and who forgets to stop leaves nothing behind."""
    done = _python(
        "import os\n"
        "from orchestrator import Topology\n"
        "t = Topology('forgotten')\n"
        "t.node('idle', lambda message: None, sockets={'in': {'type': 'PULL', 'bind': 'auto'}})\n"
        "system = t.up().start()\n"
        "system.wait_ready(60)\n"
        "print(system.snapshot().units['idle'].pid)\n"
    )
    assert done.returncode == 0, done.stderr
    assert not Path("/proc", done.stdout.strip()).exists()


def test_ctrl_c_in_the_block_stops_the_topology():
    done = _python(
        "import os, signal, threading\n"
        "from orchestrator import Topology\n"
        "t = Topology('interrupted').node('s', command=['sleep', 'infinity'])\n"
        "try:\n"
        "    with t.up() as system:\n"
        "        system.wait_ready(60)\n"
        "        pid = system.snapshot().units['s'].pid\n"
        "        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "        system.wait()\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', os.path.exists(f'/proc/{pid}'), system.states['s'].value)\n"
    )
    assert done.stdout == "interrupted False stopped\n", done.stderr


def test_two_systems_at_once():
    with _doubler().up() as one, _doubler().up() as two:
        one.wait_ready(PATIENCE_S)
        two.wait_ready(PATIENCE_S)
        one.stop()
        two.wait_for(lambda r: isinstance(r, OutputLine) and r.text == "twice 20", PATIENCE_S)


def test_it_runs_once():
    system = _doubler().up()
    with pytest.raises(OrchestratorError, match="not been started"):
        system.wait(0)
    with system:
        pass
    with pytest.raises(OrchestratorError, match="before"):
        system.start()


def test_load_graph_and_render(tmp_path):
    topology = Topology.load(TOPOLOGIES / "quickstart.yaml")
    assert topology.check() == ()
    assert set(topology.graph.nodes) == {"feed", "strategy", "gateway"}
    assert {(a, b) for a, b, _ in topology.graph.edges} == {("feed", "strategy"), ("strategy", "gateway")}
    assert topology.render(format="dot").startswith(b"digraph")
    topology.render(tmp_path / "picture.mmd")
    assert (tmp_path / "picture.mmd").read_text().startswith(("flowchart", "graph", "---", "%%"))


def test_a_topology_with_errors_does_not_start():
    topology = Topology("bad")
    topology.node("a", command=["true"], sockets={"in": {"type": "SUB", "connect": "b.out"}})
    assert any(f.code.startswith("ZMQ") for f in topology.check())
    with pytest.raises(OrchestratorError, match="b"):
        topology.up()


def test_a_failed_topology_raises_at_the_end_of_the_block():
    topology = Topology("failing")
    topology.node("bad", command=["sh", "-c", "exit 4"], kind="task", restart="never")
    with pytest.raises(OrchestratorError, match="exit code 4"), topology.up() as system:
        system.wait(PATIENCE_S)


def test_an_error_of_the_block_is_not_hidden():
    with pytest.raises(ZeroDivisionError), _doubler().up():
        raise ZeroDivisionError


def test_waiting_for_what_never_comes_ends_with_a_reason():
    topology = Topology("late")
    topology.node("late", command=["sleep", "infinity"], ready={"log": "never"})
    with topology.up() as system, pytest.raises(OrchestratorError, match="late is running"):
        system.wait_ready(0.3)


def test_an_unknown_unit_is_named_with_those_that_exist():
    with _doubler().up() as system, pytest.raises(OrchestratorError, match="nobody"):
        system.restart("nobody")


def test_a_loaded_topology_is_not_added_to():
    with pytest.raises(OrchestratorError):
        Topology.load(TOPOLOGIES / "quickstart.yaml").node("more", command=["true"])
