"""How a project that does not run came to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from orchestrator.errors import UsageError
from orchestrator.projects.find import NotRunningError, meant
from orchestrator.projects.past import with_past
from orchestrator.projects.places import JOURNAL, state_dir
from orchestrator.projects.remembered import NAME, Remembered


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    with TemporaryDirectory(prefix="oc", dir="/tmp") as short:  # a longer one would not be used
        yield {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_RUNTIME_DIR": short}


def _remember(environ: dict[str, str], name: str, since: float, *events: object) -> None:
    state = state_dir(name, environ)
    state.mkdir(parents=True)
    one = Remembered(project=name, topology=name, file=f"/srv/{name}.yaml", state_dir=state, since=since)
    (state / NAME).write_bytes(one.encode())
    (state / JOURNAL).write_text("".join(json.dumps(event) + "\n" for event in events) + '{"torn')


def _told(target: str | None, environ: dict[str, str]) -> UsageError:
    with pytest.raises(NotRunningError) as error:
        meant(target, environ)
    return with_past(error.value, environ)


def _ended(failed: bool, reason: str) -> dict[str, object]:
    time = "2026-11-21T01:02:03.000000Z"
    return {"event": "topology_ended", "time": time, "failed": failed, "reason": reason}


def test_the_last_end_is_told_with_where_to_read_on(environ: dict[str, str]) -> None:
    _remember(
        environ, "market", 1.0, _ended(False, "first"), {"event": "state"}, _ended(True, "out of ink"), 7
    )
    for target in ("market", "/srv/market.yaml"):
        error = _told(target, environ)
        assert "runs: it failed on" in error.message or "does not run: it failed on" in error.message
        assert error.message.endswith(": out of ink")
        assert error.remedy is not None and "`orchestrator events market`" in error.remedy
        assert "`orchestrator up -d /srv/market.yaml`" in error.remedy


def test_without_a_name_it_is_the_one_that_ran_last(environ: dict[str, str]) -> None:
    _remember(environ, "old", 1.0, _ended(True, "rust"))
    _remember(environ, "new", 2.0, _ended(False, ""))
    assert _told(None, environ).message.startswith("no topology runs: the last one, new, ended on")


@pytest.mark.parametrize("target", ["other", None])
def test_what_nobody_knows_is_left_as_it_was(target: str | None, environ: dict[str, str]) -> None:
    if target is not None:
        _remember(environ, "market", 1.0, _ended(True, "x"))
    error = _told(target, environ)
    assert isinstance(error, NotRunningError)


def test_a_journal_that_tells_no_end_tells_nothing(environ: dict[str, str]) -> None:
    _remember(environ, "market", 1.0, {"event": "state"})
    assert isinstance(_told("market", environ), NotRunningError)
