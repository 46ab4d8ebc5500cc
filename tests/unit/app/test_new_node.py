"""`orchestrator new node`: what it writes is checked by pytest, mypy, ruff and `validate --import`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.app.check import check_file
from orchestrator.app.import_check import check_imports
from orchestrator.app.new_node import KINDS
from orchestrator.cli import main
from orchestrator.errors import ExitCode
from orchestrator.source.adding import with_entry

Capture = pytest.CaptureFixture[str]
TOPOLOGY = """\
version: 1
name: shop
nodes:
  # the one and only
  first:
    use: sink # takes all
    sockets:
      in: {type: PULL, bind: auto}

# behind all of it
endpoints: {}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A topology with a node of each kind, beside it and in a directory below."""
    place = tmp_path_factory.mktemp("project")
    (place / "topology.yaml").write_text(TOPOLOGY)
    for kind in KINDS:
        words = ["new", "node", f"my-{kind}", "--kind", kind, "--to", str(place / "topology.yaml")]
        assert main(words) == ExitCode.OK
    words = ["new", "node", "item", "--to", str(place / "topology.yaml"), "--dir", str(place / "below")]
    assert main(words) == ExitCode.OK
    return place


def _run(*words: str, where: Path) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", *words], cwd=where, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


class TestWhatIsWritten:
    def test_its_tests_pass(self, project: Path) -> None:
        assert "9 passed" in _run("pytest", "-q", "-p", "no:cacheprovider", where=project)

    def test_its_types_are_right(self, project: Path) -> None:
        files = sorted(path.name for path in project.glob("*.py"))
        _run("mypy", "--strict", "--cache-dir", os.devnull, *files, where=project)

    @pytest.mark.parametrize("part", [".", "below"])
    def test_linters_find_nothing(self, part: str, project: Path) -> None:
        rules = "E,F,W,I,B,UP,N,SIM,RET,ARG,ANN,PT,RUF"
        options = ("--isolated", "--no-cache")
        _run("ruff", "check", *options, "--select", rules, "--exclude", "below", ".", where=project / part)
        _run("ruff", "format", *options, "--check", ".", where=project / part)

    def test_the_topology_takes_it(self, project: Path) -> None:
        checked = check_file(str(project / "topology.yaml"))
        assert checked.topology is not None
        assert checked.findings == ()
        assert list(checked.topology.nodes) == ["first", *(f"my-{kind}" for kind in KINDS), "item"]
        assert check_imports(checked.topology) == ()

    def test_what_was_in_the_topology_stays(self, project: Path) -> None:
        text = (project / "topology.yaml").read_text()
        before, _, behind = TOPOLOGY.partition("\n# behind")
        assert text.startswith(before)
        assert text.endswith("# behind" + behind)
        assert "    run: below.item:ItemNode\n" in text


def test_without_a_topology_its_place_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "node", "order-book", "--dir", "made for it"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "  order-book:\n    run: order_book:OrderBook\n" in shown
    assert "pytest 'made for it/test_order_book.py'" in shown
    place = "".join(line for line in shown.splitlines(keepends=True) if line.startswith("  "))
    text = f"version: 1\nname: a\nnodes:\n{place}"
    checked = check_file(str(tmp_path / "made for it" / "a.yaml"), text=text)
    assert checked.topology is not None
    assert check_imports(checked.topology) == ()


@pytest.mark.parametrize("there", ["strategy.py", "test_strategy.py"])
def test_nothing_is_overwritten(there: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / there).write_text("mine")
    topology = tmp_path / "topology.yaml"
    topology.write_text(TOPOLOGY)
    assert main(["new", "node", "strategy", "--to", str(topology)]) == ExitCode.USAGE
    assert f"{there} already there; nothing was written" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([there, "topology.yaml"])
    assert (tmp_path / there).read_text() == "mine"
    assert topology.read_text() == TOPOLOGY


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Not This", "is no name for a node"),
        ("json", "would hide the module 'json'"),
        ("class", "is no name for a Python module"),
        ("2nd", "is no name for a Python module"),
    ],
)
def test_a_name_that_cannot_be(name: str, why: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["new", "node", name, "--dir", str(tmp_path)]) == ExitCode.USAGE
    assert why in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TOPOLOGY.replace("first:", "strategy:"), "has a node strategy already"),
        ("version: 1\nname: [", "has errors"),
        (
            "version: 1\nname: a\nnodes: {a: {use: sink, sockets: {in: {type: PULL, bind: auto}}}}\n",
            "no place",
        ),
    ],
)
def test_a_topology_that_does_not_take_it(text: str, why: str, tmp_path: Path, capsys: Capture) -> None:
    topology = tmp_path / "topology.yaml"
    topology.write_text(text)
    assert main(["new", "node", "strategy", "--to", str(topology)]) == ExitCode.USAGE
    assert why in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["topology.yaml"]
    assert topology.read_text() == text


def test_a_directory_from_which_the_topology_cannot_import(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "here").mkdir()
    topology = tmp_path / "here" / "topology.yaml"
    topology.write_text(TOPOLOGY)
    words = ["new", "node", "strategy", "--to", str(topology), "--dir", str(tmp_path / "there")]
    assert main(words) == ExitCode.USAGE
    assert "cannot be imported from" in capsys.readouterr().err
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: 1\n", "a: 1\nnodes:\n  x: 1\n"),
        ("nodes:\n    a: 1", "nodes:\n    a: 1\n    x: 1\n"),
        ("nodes:\n  a: 1\n\n  b: 2\nc: 3\n", "nodes:\n  a: 1\n\n  b: 2\n\n  x: 1\nc: 3\n"),
        ("nodes:\n  a:\n    b: 1\n  # end\nc: 3\n", "nodes:\n  a:\n    b: 1\n  x: 1\n  # end\nc: 3\n"),
        ("nodes: {a: 1}\n", None),
        ("nodes:\n", None),
        ("a: &a\n  b: 1\nnodes: *a\n", None),
        ("- a\n", None),
        ("a: [\n", None),
    ],
)
def test_where_an_entry_goes(text: str, after: str | None) -> None:
    assert with_entry(text, "nodes", "x: 1\n") == after
