"""`init`, `explain` and `schema`."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from orchestrator.app.check import check_file
from orchestrator.cli import main
from orchestrator.errors import ExitCode
from orchestrator.model.types import PythonProgram
from orchestrator.rules import codes, page
from orchestrator.spec.schema import schema_text

Capture = pytest.CaptureFixture[str]


class TestInit:
    def test_what_it_writes_has_no_findings(self, tmp_path: Path) -> None:
        assert main(["init", str(tmp_path / "market")]) == ExitCode.OK
        checked = check_file(str(tmp_path / "market" / "topology.yaml"))
        assert checked.findings == ()
        assert checked.topology is not None
        assert checked.topology.name == "market"

    def test_every_target_is_in_the_nodes_file(self, tmp_path: Path) -> None:
        main(["init", str(tmp_path)])
        tree = ast.parse((tmp_path / "nodes.py").read_text())
        defined = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        checked = check_file(str(tmp_path / "topology.yaml"))
        assert checked.topology is not None
        programs = [node.program for node in checked.topology.nodes.values()]
        wanted = {
            program.target.partition(":")[2] for program in programs if isinstance(program, PythonProgram)
        }
        assert len(wanted) == len(programs)
        assert wanted == defined

    def test_the_editors_line_names_a_file_that_is_there(self, tmp_path: Path) -> None:
        main(["init", str(tmp_path)])
        first = (tmp_path / "topology.yaml").read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=topology.schema.json"
        assert (tmp_path / "topology.schema.json").read_text() == schema_text()

    @pytest.mark.parametrize("there", ["topology.yaml", "nodes.py", "topology.schema.json"])
    def test_nothing_is_overwritten(self, there: str, tmp_path: Path, capsys: Capture) -> None:
        (tmp_path / there).write_text("mine")
        assert main(["init", str(tmp_path)]) == ExitCode.USAGE
        assert f"{there} already there; nothing was written" in capsys.readouterr().err
        assert [p.name for p in tmp_path.iterdir()] == [there]
        assert (tmp_path / there).read_text() == "mine"

    @pytest.mark.parametrize(
        ("directory", "name"), [("My Market_2", "my-market-2"), ("---", "topology"), ("ü" * 3, "topology")]
    )
    def test_the_name_is_made_of_the_directorys(self, directory: str, name: str, tmp_path: Path) -> None:
        assert main(["init", str(tmp_path / directory)]) == ExitCode.OK
        assert f"\nname: {name}\n" in (tmp_path / directory / "topology.yaml").read_text()

    def test_a_name_that_cannot_be(self, tmp_path: Path, capsys: Capture) -> None:
        assert main(["init", str(tmp_path / "x"), "--name", "Not This"]) == ExitCode.USAGE
        assert "'Not This' is no name for a topology" in capsys.readouterr().err
        assert not (tmp_path / "x").exists()

    def test_a_place_that_cannot_be_written(self, tmp_path: Path, capsys: Capture) -> None:
        (tmp_path / "file").write_text("")
        assert main(["init", str(tmp_path / "file" / "below")]) == ExitCode.USAGE
        assert "cannot be written" in capsys.readouterr().err


class TestExplain:
    @pytest.mark.parametrize("typed", ["ZMQ101", "zmq101", "101", "incompatible-types"])
    def test_a_rule_by_code_or_name(self, typed: str, capsys: Capture) -> None:
        assert main(["explain", typed]) == ExitCode.OK
        assert capsys.readouterr().out == page("ZMQ101")

    @pytest.mark.parametrize(
        ("typed", "near"), [("ZMQ0101", "ZMQ101"), ("incompatble-types", "incompatible-types")]
    )
    def test_the_nearest_is_suggested(self, typed: str, near: str, capsys: Capture) -> None:
        assert main(["explain", typed]) == ExitCode.USAGE
        shown = capsys.readouterr().err
        assert f"there is no rule '{typed}'" in shown
        assert "did you mean" in shown
        assert near in shown

    def test_no_code_at_all(self, capsys: Capture) -> None:
        assert main(["explain"]) == ExitCode.USAGE
        assert "--all" in capsys.readouterr().err

    def test_all_lists_every_code_once(self, capsys: Capture) -> None:
        assert main(["explain", "--all"]) == ExitCode.OK
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == list(codes())
        assert all(line.split()[1] in ("error", "warning", "note") for line in lines)


class TestSchema:
    def test_it_is_the_published_one(self, capsys: Capture) -> None:
        assert main(["schema"]) == ExitCode.OK
        shown = capsys.readouterr().out
        assert shown == schema_text()
        assert json.loads(shown)["$schema"] == "http://json-schema.org/draft-07/schema#"

    def test_into_a_file(self, tmp_path: Path, capsys: Capture) -> None:
        assert main(["schema", "-o", str(tmp_path / "s.json")]) == ExitCode.OK
        assert (tmp_path / "s.json").read_text() == schema_text()
        assert capsys.readouterr().out == ""

    def test_into_a_place_that_is_not_there(self, tmp_path: Path, capsys: Capture) -> None:
        assert main(["schema", "-o", str(tmp_path / "no" / "s.json")]) == ExitCode.USAGE
        assert "cannot be written" in capsys.readouterr().err
