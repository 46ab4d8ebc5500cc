"""What a changed file means for what runs."""

from __future__ import annotations

import pytest

from orchestrator.model.load import load
from orchestrator.planning.build import build
from orchestrator.planning.changes import changes
from orchestrator.planning.types import Plan

LAB = """
version: 1
name: lab
nodes:
  feed:
    command: [feed, --port, "${{ sockets.out.address }}"]
    sockets: {out: {type: PUSH, bind: "tcp://127.0.0.1:*"}}
  sink: {run: "m:N", sockets: {in: {type: PULL, connect: feed.out}}, restart: never}
  job: {command: [job], replicas: 2}
"""


def plan(text: str) -> Plan:
    loaded = load("lab.yaml", text=text)
    assert loaded.topology is not None, loaded.diagnostics
    ports: dict[str, int] = {}
    return build(
        loaded.topology,
        run_dir="/run/x",
        environ={},
        pick_port=lambda host, user: ports.setdefault(user, 40000 + len(ports)),
    )


def test_nothing_changes_where_only_the_layout_does():
    found = changes(plan(LAB), plan("# a comment\n\n" + LAB.replace("restart: never", "restart:   never")))
    assert found.none


def test_who_comes_and_who_goes():
    found = changes(plan(LAB), plan(LAB.replace("job: {", "task: {")))
    assert (found.added, found.removed) == (("task-0", "task-1"), ("job-0", "job-1"))
    assert not found.replaced


@pytest.mark.parametrize(
    ("old", "new", "unit", "why"),
    [
        ("command: [job]", "command: [job, -v]", "job-1", "its command"),
        ("command: [job]", "command: [job], env: {A: b}", "job-0", "its environment"),
        ("command: [job]", "command: [job], cwd: /tmp", "job-0", "its working directory"),
        ("command: [job]", "run: 'm:J'", "job-0", "what it runs"),
        ('run: "m:N"', 'run: "m:N", params: {a: 1}', "sink", "its sockets or parameters"),
        ('run: "m:N"', 'run: "m:N", heartbeat: {interval: 7s}', "sink", "its heartbeat"),
    ],
)
def test_what_a_process_gets_at_its_start_replaces_it(old, new, unit, why):
    found = changes(plan(LAB), plan(LAB.replace(old, new)))
    assert why in found.replaced[unit]
    assert {name.rpartition("-")[0] or name for name in found.replaced} == {unit.rpartition("-")[0] or unit}


@pytest.mark.parametrize(
    ("old", "new"),
    [("restart: never", "restart: always"), ("restart: never", "depends_on: {feed: {condition: started}}")],
)
def test_what_the_supervisor_alone_needs_replaces_nothing(old, new):
    found = changes(plan(LAB), plan(LAB.replace(old, new)))
    assert found.adjusted == ("sink",)
    assert not (found.added or found.removed or found.replaced)


def test_more_replicas_leave_those_alone_that_run():
    found = changes(plan(LAB), plan(LAB.replace("replicas: 2", "replicas: 4")))
    assert found.added == ("job-2", "job-3")
    assert not (found.removed or found.replaced)


POOL = """
version: 1
name: pool
nodes:
  source: {run: "m:S", sockets: {out: {type: PUSH, connect: worker.in}}}
  worker: {run: "m:W", replicas: 2, sockets: {in: {type: PULL, bind: auto}}}
"""


def test_a_python_node_whose_peers_come_and_go_keeps_its_process():
    found = changes(plan(POOL), plan(POOL.replace("replicas: 2", "replicas: 3")))
    assert (found.added, found.rewired) == (("worker-2",), ("source",))
    assert not (found.removed or found.replaced or found.adjusted)
    assert not found.none


def test_another_program_has_its_addresses_from_its_start():
    foreign = POOL.replace('run: "m:S"', 'command: [s, "${{ sockets.out.address }}"]')
    found = changes(plan(foreign), plan(foreign.replace("replicas: 2", "replicas: 3")))
    assert "its environment" in found.replaced["source"]
    assert not found.rewired


def test_who_connects_elsewhere_and_changes_otherwise_is_replaced():
    new = POOL.replace("replicas: 2", "replicas: 3").replace('run: "m:S"', 'run: "m:S", params: {a: 1}')
    found = changes(plan(POOL), plan(new))
    assert found.replaced == {"source": ("its sockets or parameters",)}
    assert not found.rewired
