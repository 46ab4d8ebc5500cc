"""The same tests with an extension that watches its own memory: AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from orchestrator import lanes
from orchestrator.sdk import express

HERE = Path(__file__).parent
SOURCES = Path(lanes.__file__).parent
PLUGIN = """
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location

loader = ExtensionFileLoader("orchestrator.lanes._lanes", {extension!r})
spec = spec_from_file_location(loader.name, {extension!r}, loader=loader)
sys.modules[loader.name] = module_from_spec(spec)
loader.exec_module(sys.modules[loader.name])
"""


def runtime(compiler: str, name: str) -> str:
    said = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    path = said.stdout.strip()
    return path if Path(path).is_absolute() else ""


@pytest.mark.timeout(300)
def test_no_lane_touches_what_is_not_its_own(tmp_path: Path) -> None:
    compiler = shutil.which("gcc")
    if compiler is None or sys.platform != "linux" or not express.available():
        pytest.skip("gcc on Linux, and a compiled extension")
    preload = runtime(compiler, "libasan.so")
    headers = sysconfig.get_paths()["include"]
    if not preload or not Path(headers, "Python.h").exists():
        pytest.skip("no libasan, or no headers of Python")
    extension = tmp_path / "_lanes.so"
    subprocess.run(
        [
            compiler, "-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Werror",
            "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-D_GNU_SOURCE",
            "-fPIC", "-shared", f"-I{headers}", *map(str, sorted(SOURCES.glob("*.c"))), "-o", str(extension),
        ],
        check=True,
    )  # fmt: skip
    (tmp_path / "sanitized.py").write_text(PLUGIN.format(extension=str(extension)))
    tests = [
        str(HERE / name)
        for name in (
            "test_both_ways.py",
            "test_handling.py",
            "test_lives.py",
            "test_records.py",
            "test_rest.py",
        )
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-s", "-p", "sanitized", "-p", "no:cacheprovider", "--no-cov", *tests,
         "-k", "not without_a_lane and not python and not kept"],
        env={
            **os.environ,
            "PYTHONPATH": f"{tmp_path}:{HERE.parents[2]}",
            "PYTHONMALLOC": "malloc",
            "LD_PRELOAD": preload,
            "ASAN_OPTIONS": "detect_leaks=0",
            "PYTEST_ADDOPTS": "",
        },
        cwd=HERE.parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "passed" in done.stdout
