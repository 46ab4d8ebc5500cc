"""Which files a process is made of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.app.check import check_file
from orchestrator.app.modules import Modules
from orchestrator.planning.build import build
from orchestrator.planning.types import Plan

FILES = {
    "desk.py": "import os, json\nimport shared.money as m\nfrom shared import rates, NAME\nimport numpy",
    "shared/__init__.py": "NAME = 1",
    "shared/money.py": "def f():\n    from . import rates\n    from .deep.er import x",
    "shared/rates.py": "import desk",
    "shared/deep/er.py": "x = 1",
    "shared/unused.py": "",
    "unused.py": "",
    "lib/extra.py": "from .. import outside",
    "tools/run.py": "import helper",
    "tools/helper.py": "",
    "tools/run.sh": "",
    "data.csv": "",
}


def plan(directory: Path, nodes: str) -> Plan:
    text = f"version: 1\nname: a\nnodes:\n{nodes}"
    (directory / "topology.yaml").write_text(text)
    checked = check_file(str(directory / "topology.yaml"))
    assert checked.topology is not None, checked.findings
    return build(checked.topology, run_dir="/r", environ={}, platform=os.name, pick_port=lambda *_: 1)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def files(directory: Path, node: str) -> set[str]:
    [unit] = plan(directory, f"  a: {node}\n").units
    found = Modules().of_unit(unit, str(directory))
    return {os.path.relpath(path, directory) for path in found if Path(path).exists()}


DESK = {"desk.py", "shared/__init__.py", "shared/money.py", "shared/rates.py", "shared/deep/er.py"}


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ("{run: desk:Desk}", DESK),
        ("{run: shared.rates:f}", DESK),
        ("{run: unused:f}", {"unused.py"}),
        ("{run: nowhere:f}", set()),
        ("{run: extra:f, env: {PYTHONPATH: lib}}", {"lib/extra.py"}),
        ("{use: sink, sockets: {in: {type: PULL, bind: auto}}}", set()),
        ("{command: [python, tools/run.py]}", {"tools/run.py", "tools/helper.py"}),
        ("{command: [python3, -u, -m, unused]}", {"unused.py"}),
        ("{command: [./tools/run.sh, data.csv]}", {"tools/run.sh"}),
        ("{command: [bash, tools/run.sh, data.csv]}", {"tools/run.sh"}),
        ("{command: [cat, data.csv, ../outside.py, gone.py]}", set()),
    ],
)
def test_the_files_of_a_node(node: str, found: set[str], project: Path) -> None:
    assert files(project, node) == found


def test_a_module_that_is_missing_is_waited_for(project: Path) -> None:
    [unit] = plan(project, "  a: {run: desk:Desk}\n").units
    found = Modules().of_unit(unit, str(project))
    assert str(project / "numpy.py") in found  # it would be imported if it were there
    assert str(project / "json.py") not in found


def test_a_file_that_is_broken_imports_what_it_did(project: Path) -> None:
    [unit] = plan(project, "  a: {run: desk:Desk}\n").units
    modules = Modules()
    before = modules.of_unit(unit, str(project))
    (project / "desk.py").write_text("import shared.money\n(")
    assert modules.of_unit(unit, str(project)) == before
    (project / "desk.py").write_text("import unused")
    assert modules.of_unit(unit, str(project)) == {str(project / "desk.py"), str(project / "unused.py")}
