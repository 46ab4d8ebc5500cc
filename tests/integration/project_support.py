"""A running topology as a user of the verbs meets it, in directories of its own, with proof that nothing stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from up_support import CLI, PATIENCE_S, marked, until


class Desk:
    """Where a user works: a directory, an environment, and the command."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.mark = os.urandom(8).hex()
        self.runtime = Path(tempfile.mkdtemp(prefix="oc", dir="/tmp"))
        self.environ = {
            **os.environ,
            "TEST_MARK": self.mark,
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XDG_STATE_HOME": str(directory / "state"),
        }

    def write(self, text: str, name: str = "topology.yaml") -> Path:
        path = self.directory / name
        path.write_text(text)
        return path

    def run(self, *words: str, code: int | None = 0, **more: Any) -> subprocess.CompletedProcess[str]:
        """One command to its end; `code` is what it must exit with."""
        done = subprocess.run(
            [*CLI, *words],
            cwd=self.directory,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            **more,
        )
        assert code is None or done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        """A command that goes on; the caller ends it."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True} | more
        return subprocess.Popen([*CLI, *words], cwd=self.directory, env=self.environ, **pipes)

    def status(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", *words, "--format", "json", code=None).stdout)
        return found

    def unit(self, name: str) -> dict[str, Any]:
        return next(unit for unit in self.status()["units"] if unit["unit"] == name)

    def until_unit(self, name: str, **wanted: Any) -> dict[str, Any]:
        """Wait until a unit's fields are as wanted."""
        found: dict[str, Any] = {}

        def fits() -> bool:
            found.clear()
            found.update(self.unit(name))
            return all(found[key] == value for key, value in wanted.items())

        until(fits, what=lambda: f"{name} is {found}, wanted {wanted}")
        return found

    def api(self, project: str) -> socket.socket:
        """A bare connection to a project's API."""
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(PATIENCE_S)
        line.connect(str(self.runtime / "orchestrator" / project / "api"))
        return line

    def prove_clean(self) -> None:
        """No process of this desk is left, and no file in the runtime directory."""
        until(lambda: not marked(self.mark), what=lambda: f"left: {marked(self.mark)}")
        left = lambda: list((self.runtime / "orchestrator").glob("*"))  # noqa: E731 - it may vanish meanwhile
        until(lambda: not left(), what=lambda: str(left()))

    def end(self) -> None:
        for _ in range(3):
            for pid, _name in marked(self.mark):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.runtime, ignore_errors=True)
