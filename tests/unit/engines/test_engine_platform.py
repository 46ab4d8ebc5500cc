"""Where there is no fork, the engine says so, and importing it is no error."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from orchestrator.engines.fake import FakeEngine
from orchestrator.engines.local import LocalEngine
from orchestrator.errors import PlatformError


class _Nobody:
    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was reported")


def test_start_refuses_and_says_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = LocalEngine()
    monkeypatch.setattr("os.name", "nt")
    engine.prestart()
    assert engine._link is None
    with pytest.raises(PlatformError) as caught:
        asyncio.run(engine.start(_Nobody()))  # type: ignore[arg-type]
    monkeypatch.undo()
    assert "no fork" in caught.value.message
    assert caught.value.remedy is not None and "validate" in caught.value.remedy
    assert FakeEngine().calls == []


def test_the_import_needs_nothing_that_windows_lacks() -> None:
    code = (
        "import sys\n"
        "for name in ('fcntl', 'termios', 'pty', 'tty', 'resource', 'pwd', 'grp'): sys.modules[name] = None\n"
        "import orchestrator.engines.local, orchestrator.engines.fake\n"
        "import orchestrator.engines.link, orchestrator.engines.stdio, orchestrator.engines.oom\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
