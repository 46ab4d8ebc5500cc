"""Compiles the extension when the package is built or installed from source (a hook of Hatchling's).

What cannot be compiled is left out, with a line that says why: the package works without it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path("orchestrator", "lanes")


class CustomBuildHook(BuildHookInterface[Any]):
    """Puts the extension into a wheel; beside its sources, where those are what is installed."""

    scratch: str | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by Hatchling before it collects the files; `version` is `editable` or `standard`."""
        if self.target_name != "wheel":
            return
        self.scratch = tempfile.mkdtemp(prefix="lanes-")
        obstacle = _obstacle()
        built = obstacle or _compile(Path(self.root), Path(self.scratch))
        if isinstance(built, str):
            self.app.display_warning(f"nothing is compiled ({built}): messages go the slower way")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if version == "editable":
            shutil.copy(built, Path(self.root, HERE))
        else:
            build_data["force_include"][str(built)] = f"{HERE.as_posix()}/{built.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called by Hatchling when the wheel is there."""
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)


def _obstacle() -> str:
    """Why there is nothing to compile here, if so."""
    if os.environ.get("ORCHESTRATOR_LANES", "") == "off":
        return "ORCHESTRATOR_LANES=off"
    if sys.platform not in ("linux", "darwin"):
        return f"not tried on {sys.platform}"
    if platform.python_implementation() != "CPython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "for CPython with its global lock"
    return ""


def _digest(directory: Path) -> str:
    """Of all that is compiled."""
    files = sorted([*directory.glob("*.c"), *directory.glob("*.h")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _compile(root: Path, scratch: Path) -> Path | str:
    """Compile the extension into `scratch`. Where it is, or what went wrong."""
    from setuptools import Distribution, Extension

    before = Path.cwd()
    os.chdir(root)
    try:
        extension = Extension(
            "orchestrator.lanes._lanes",
            [str(HERE / source.name) for source in sorted((root / HERE).glob("*.c"))],
            extra_compile_args=["-std=c11", "-O2", "-Wall", "-Wextra", "-Wno-missing-field-initializers"],
            define_macros=[("_GNU_SOURCE", "1"), ("DIGEST", f'"{_digest(root / HERE)}"')],
            libraries=["dl"] if sys.platform == "linux" else [],
        )
        command = Distribution({"name": "lanes", "ext_modules": [extension]}).get_command_obj("build_ext")
        command.build_lib = command.build_temp = str(scratch)
        command.ensure_finalized()
        command.run()
        return next((scratch / HERE).glob("_lanes.*"))
    except Exception as error:  # noqa: BLE001 - a compiler may fail in as many ways as there are
        return (str(error).strip() or type(error).__name__).splitlines()[0]
    finally:
        os.chdir(before)
