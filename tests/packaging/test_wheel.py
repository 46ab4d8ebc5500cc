"""What is shipped: the wheel holds what it should and nothing else, and works where no checkout is."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TOP = {"orchestrator", "orchestrator_nodes", "zmq_orchestrator-0.1.0.dist-info"}


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    return zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def venv(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it. Its dependencies are those of the tests' environment."""
    directory = tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True)
    site = _site_packages(directory)
    before = {path.name for path in site.iterdir()}
    pip = [sys.executable, "-m", "pip", "--python", str(directory / "bin" / "python")]
    subprocess.run([*pip, "install", "-q", "--no-deps", str(wheel)], check=True, stdin=subprocess.DEVNULL)
    assert {path.name for path in site.iterdir()} - before == TOP
    (site / "dependencies.pth").write_text(
        "\n".join(p for p in sys.path if p.endswith("site-packages")) + "\n"
    )
    return directory


def _site_packages(venv: Path) -> Path:
    [site] = venv.glob("lib/python*/site-packages")
    return site


def run(venv: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(venv / "bin" / words[0]), *words[1:]],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def test_nothing_but_the_packages(names: list[str]) -> None:
    assert {name.partition("/")[0] for name in names} == TOP
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests", "docs"))]


@pytest.mark.parametrize(
    "name",
    [
        "orchestrator/py.typed",
        "orchestrator_nodes/py.typed",
        "orchestrator/schemas/topology.schema.json",
        "orchestrator/topologies/quickstart.yaml",
        "orchestrator/topologies/quickstart.py",
        "orchestrator/rules/zmq101_incompatible_types.py",
        "orchestrator/cli/up.py",
    ],
)
def test_holds(names: list[str], name: str) -> None:
    assert names.count(name) == 1


def test_entry_points(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    [name] = [n for n in archive.namelist() if n.endswith("entry_points.txt")]
    text = archive.read(name).decode()
    assert "orchestrator = orchestrator.cli:main" in text
    assert "stock = orchestrator_nodes:CATALOGUE" in text


def test_works_from_another_directory(venv: Path, tmp_path: Path) -> None:
    where = run(venv, "python", "-c", "import orchestrator; print(orchestrator.__file__)", cwd=tmp_path)
    assert where.stdout.startswith(str(venv)), where
    made = run(venv, "orchestrator", "init", "market", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    checked = run(venv, "orchestrator", "validate", "market/topology.yaml", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert run(venv, "orchestrator", "explain", "101", cwd=tmp_path).stdout.startswith("# ZMQ101")


def test_schema_is_the_one_of_the_wheel(venv: Path, wheel: Path, tmp_path: Path) -> None:
    packed = zipfile.ZipFile(wheel).read("orchestrator/schemas/topology.schema.json").decode()
    assert run(venv, "orchestrator", "schema", cwd=tmp_path).stdout == packed


def test_runs_its_own_tasks(venv: Path, tmp_path: Path) -> None:
    pipeline = _site_packages(venv) / "orchestrator" / "topologies" / "pipeline.yaml"
    ran = run(venv, "orchestrator", "up", str(pipeline), cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "worker-0: 20 jobs" in ran.stdout


def test_stock_nodes_are_found_through_their_entry_point(venv: Path, tmp_path: Path) -> None:
    code = (
        "from importlib.metadata import entry_points\n"
        "[stock] = entry_points(group='orchestrator.nodes')\n"
        "print(*stock.load())"
    )
    assert "forwarder" in run(venv, "python", "-c", code, cwd=tmp_path).stdout.split()


def test_a_wheel_says_whether_it_holds_compiled_lanes(names: list[str], wheel: Path) -> None:
    compiled = [name for name in names if name.startswith("orchestrator/lanes/_lanes.")]
    assert wheel.name.endswith("-py3-none-any.whl") is not bool(compiled)
    assert all(name.endswith(".so") for name in compiled)
    if os.environ.get("ORCHESTRATOR_LANES_WANTED"):
        assert compiled


def test_without_a_compiler_the_wheel_is_for_everybody(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    if not (root / "orchestrator" / "__init__.py").exists():
        pytest.skip("no checkout here")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(root)]
    for broken in ({"CC": "no-such-compiler"}, {"ORCHESTRATOR_LANES": "off"}):
        subprocess.run(pip, check=True, stdin=subprocess.DEVNULL, env={**os.environ, **broken})
        [built] = tmp_path.glob("*.whl")
        assert built.name.endswith("-py3-none-any.whl"), broken
        assert not [n for n in zipfile.ZipFile(built).namelist() if "_lanes." in n], broken
        built.unlink()
