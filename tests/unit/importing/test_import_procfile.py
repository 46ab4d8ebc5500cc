"""Procfiles: a line per process."""

from __future__ import annotations

import pytest

from orchestrator.app.check import check_file
from orchestrator.importing.draft import Origin
from orchestrator.importing.emit import emit
from orchestrator.importing.errors import SourceError
from orchestrator.importing.procfile import Beside, read_procfile

REAL = """\
# how it runs on Heroku
release: python manage.py migrate --noinput
web: bundle exec puma -t 5:5 -p ${PORT:-3000} -e ${RACK_ENV:-development}
worker:   QUEUE=default,mailers ./bin/worker --verbose

clock: cd jobs && exec python clock.py
log_tail: tail -f log/*.log | grep -v "GET /health"
"""


def test_a_real_one_becomes_a_topology_without_findings() -> None:
    draft = read_procfile(REAL, "Procfile", "My App", beside=Beside(".env"))
    found = check_file("app.yaml", text=emit(draft), environ={})
    assert [f.message for f in found.findings if str(f.severity) == "error"] == [
        "there is no file `.env`"
    ] or (found.topology is not None)
    assert draft.name == "my-app"
    assert {node.name: node.command for node in draft.nodes} == {
        "release": ("python", "manage.py", "migrate", "--noinput"),
        "web": ("sh", "-c", "exec bundle exec puma -t 5:5 -p $${PORT:-3000} -e $${RACK_ENV:-development}"),
        "worker": ("./bin/worker", "--verbose"),
        "clock": ("sh", "-c", "cd jobs && exec python clock.py"),
        "log_tail": ("sh", "-c", 'tail -f log/*.log | grep -v "GET /health"'),
    }


def test_ports_are_counted_as_foreman_counts_them() -> None:
    nodes = read_procfile("a: x $PORT\nb: y\nc: z ${PORT}\n", "f", "n").nodes
    assert [node.env for node in nodes] == [{"PORT": "5000"}, {}, {"PORT": "5200"}]
    nodes = read_procfile("a: x\nb: y $PORT\n", "f", "n", beside=Beside(".env", 8000)).nodes
    assert nodes[1].env == {"PORT": "8100"}


def test_a_port_that_the_line_sets_itself_is_left_alone() -> None:
    assert read_procfile("a: PORT=1 x\n", "f", "n").nodes[0].env == {"PORT": "1"}


def test_what_the_runners_do_by_themselves_is_written_out() -> None:
    draft = read_procfile("a: x\n", "f", "n", cwd="../app", beside=Beside("../app/.env"))
    assert draft.defaults == {"env_file": "../app/.env", "cwd": "../app"}


def test_nodes_know_their_lines() -> None:
    assert read_procfile("\n# c\na: x\n", "f", "n").nodes[0].origin == Origin("f", 3)


def test_names_that_no_node_can_have_are_changed() -> None:
    nodes = read_procfile("-a-: x\na: y\n", "f", "n").nodes
    assert [node.name for node in nodes] == ["a", "a-2"]
    assert nodes[0].notes == ("`-a-` in the source.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f:1: no process is described here"),
        ("# only this\n", "f:1: no process is described here"),
        ("web python x\n", "f:1: this line describes no process"),
        ("a.b: x\n", "f:1: this line describes no process"),
        ("a: x\nweb:\n", "f:2: `web` has no command"),
        ("a: x\n\na: y\n", "f:3: `a` stands in line 1 already"),
        ("a: echo 'x\n", "f:1: the command of `a` can't be split: No closing quotation"),
    ],
)
def test_errors_say_where(text: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        read_procfile(text, "f", "n")
    assert error.value.message == message
    assert error.value.remedy
