"""`up` holds the garbage collector back while it reads and plans, and lets it go in any case."""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path

import pytest

from orchestrator.app import up as app_up
from orchestrator.cli import main

pytestmark = pytest.mark.integration


def test_a_file_with_errors_leaves_it_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.yaml").write_text("version: 1\nname: t\nnodes: {a: {}}\n")
    assert main(["up", str(tmp_path / "t.yaml")]) == 1
    assert gc.isenabled()


def test_it_is_off_before_the_run_and_on_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    async def run(topology, engine, *, began, **_):
        seen.append(gc.isenabled())
        try:
            began(None)
        except AttributeError:  # the screen finds no hub: by then it has been switched on
            seen.append(gc.isenabled())
        raise KeyboardInterrupt

    monkeypatch.setattr(app_up, "run", run)
    (tmp_path / "t.yaml").write_text("version: 1\nname: t\nnodes: {a: {command: [sleep, '1']}}\n")
    with contextlib.suppress(KeyboardInterrupt):
        main(["up", str(tmp_path / "t.yaml"), "--project", "collector"])
    assert seen == [False, True]
    assert gc.isenabled()
    gc.unfreeze()
