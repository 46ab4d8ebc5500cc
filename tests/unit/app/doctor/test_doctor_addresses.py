"""What is in the way of an address, and what a plan takes. Nothing is bound; files are the test's own."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from orchestrator.app.doctor import addresses as module
from orchestrator.app.doctor.addresses import addresses
from orchestrator.app.doctor.topology import needs
from orchestrator.app.doctor.types import Check, Needs, Status
from orchestrator.model.load import load
from orchestrator.planning.build import build
from orchestrator.planning.types import Plan
from orchestrator.runtime import occupied

MIB = 1 << 20


def plan(directory: Path, nodes: str) -> Plan:
    loaded = load(str(directory / "t.yaml"), text=f"version: 1\nname: t\nnodes:\n{nodes}", environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return build(loaded.topology, run_dir="/run/t", environ={}, platform="posix", pick_port=lambda *_: 4242)


def bound(directory: Path, address: str) -> list[Check]:
    return list(
        addresses(
            plan(directory, f"  a: {{command: [cat], sockets: {{o: {{type: PUB, bind: '{address}'}}}}}}\n"),
            None,
        )
    )


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occupied, "is_taken", lambda address: "taken" in address)


def test_free(tmp_path: Path) -> None:
    assert [c.fact for c in bound(tmp_path, "tcp://127.0.0.1:5555")] == ["1 address to bind is free"]


def test_a_path_that_is_too_long(tmp_path: Path) -> None:
    (check,) = bound(tmp_path, f"ipc:///tmp/{'x' * 110}")
    assert check.status is Status.ERROR
    assert "a path of 115 bytes, and 107 are possible" in check.fact


def short(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A relative path: that of the test's own directory is too long."""
    monkeypatch.chdir(path)
    return "in"


def test_what_lies_at_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = short(tmp_path, monkeypatch)
    there = tmp_path / name
    found = module._path("a.o", "ipc://in", Path(name))
    assert found is None
    there.write_text("notes")
    found = module._path("a.o", "ipc://in", Path(name))
    assert found is not None
    assert found.status is Status.ERROR
    assert "a file that is no socket: libzmq removes it" in found.fact
    there.unlink()
    there.mkdir()
    found = module._path("a.o", "ipc://in", Path(name))
    assert found is not None
    assert "where there is a directory" in found.fact


@pytest.mark.skipif(not hasattr(os, "mknod"), reason="sockets are files on POSIX")
def test_a_socket_that_nobody_listens_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = short(tmp_path, monkeypatch)
    os.mknod(name, stat.S_IFSOCK | 0o600)
    found = module._path("a.o", "ipc://in", Path(name))
    assert found is not None
    assert (found.status, found.fact) == (
        Status.NOTE,
        "in is a socket that nobody listens at: `a.o` will replace it",
    )
    tmp_path.chmod(0o1777)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    found = module._path("a.o", "ipc://in", Path(name))
    assert found is not None
    assert found.status is Status.ERROR
    assert "that this user may not remove" in found.fact


def test_a_port_for_the_superuser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_first_free_port", lambda: 1024)
    (check,) = bound(tmp_path, "tcp://127.0.0.1:443")
    assert check.status is Status.ERROR
    assert "ports below 1024 are for the superuser" in check.fact


def test_the_first_port_that_a_user_may_bind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "start"
    file.write_text("80\n")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert module._first_free_port(file) == 80
    assert module._first_free_port(tmp_path / "nowhere") == 0
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert module._first_free_port(file) == 0


def test_taken_by_nobody_who_can_be_seen(tmp_path: Path) -> None:
    (check,) = bound(tmp_path, "ipc:///tmp/taken")
    assert check.status is Status.ERROR
    assert "which is taken by another process" in check.fact


def test_needs(tmp_path: Path) -> None:
    found = needs(
        plan(
            tmp_path,
            "  a: {command: [cat], replicas: 2, resources: {memory: 64MiB}}\n"
            "  b: {run: nodes:b}\n"
            "  c: {command: [cat]}\n",
        )
    )
    assert found == Needs(python=1, foreign=3, memory=(128 + 8 + 2) * MIB)
    assert (found.processes, found.tasks) == (4, 12 + 7 + 3)
