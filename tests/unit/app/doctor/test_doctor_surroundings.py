"""Containers, directories, clocks and libraries, as files of the test's own and made-up values show them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator.app.doctor import clock, libraries
from orchestrator.app.doctor.clock import Clocks, clocks
from orchestrator.app.doctor.container import Surroundings, look, surroundings
from orchestrator.app.doctor.directories import directories
from orchestrator.app.doctor.libraries import Zmq
from orchestrator.app.doctor.types import Check, Status
from orchestrator.kernel import first

MIB = 1 << 20


def wrong(checks: object) -> list[Check]:
    return [check for check in checks if check.wrong]  # type: ignore[attr-defined]


# ------------------------------------------------------------------ process 1


def stat(proc: Path, pid: int, name: str, state: str, parent: int) -> None:
    (proc / str(pid)).mkdir(parents=True, exist_ok=True)
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) {state} {parent} 1 1 0 -1\n")


def test_children_of_process_1_that_it_does_not_reap(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    stat(proc, 1, "my (odd) init", "S", 0)
    stat(proc, 20, "worker", "Z", 1)
    stat(proc, 21, "worker", "S", 1)
    stat(proc, 22, "worker", "Z", 21)
    (proc / "23").mkdir()
    (proc / "24").mkdir()
    (proc / "24" / "stat").write_text("")
    assert first.read(proc) == first.FirstProcess(name="my (odd) init", zombies=frozenset({20}))
    assert first.read(tmp_path / "nowhere") is None


def test_one_that_is_about_to_be_reaped_does_not_count(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    stat(proc, 1, "init", "S", 0)
    stat(proc, 20, "a", "Z", 1)
    stat(proc, 21, "b", "Z", 1)

    def reap(_: float) -> None:
        (proc / "21" / "stat").unlink()

    assert look({}, root=tmp_path, sleep=reap).unreaped == 1


def test_what_kind_of_container(tmp_path: Path) -> None:
    assert look({}, root=tmp_path) == Surroundings()
    assert look({"container": "systemd-nspawn"}, root=tmp_path).container == "systemd-nspawn"
    assert look({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, root=tmp_path).container == "Kubernetes"
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.containerenv").touch()
    assert look({}, root=tmp_path).container == "Podman"
    (tmp_path / ".dockerenv").touch()
    assert look({}, root=tmp_path).container == "Docker"
    (tmp_path / "dev/shm").mkdir(parents=True)
    assert look({}, root=tmp_path).shared_free is not None


def test_what_is_compiled() -> None:
    assert libraries.lanes("").status is Status.OK
    check = libraries.lanes("nothing was compiled")
    assert (check.status, "nothing was compiled" in check.fact) == (Status.NOTE, True)
    assert "gcc" in (check.remedy or "")


@pytest.mark.parametrize(
    ("seen", "status", "told"),
    [
        (Surroundings(first="sleep", unreaped=30), Status.WARNING, "process 1 (`sleep`) does not reap: 30"),
        (Surroundings(first="slow", unreaped=3), Status.OK, "process 1 (`slow`) reaps what ends"),
        (Surroundings(first="systemd"), Status.OK, "process 1 (`systemd`)"),
        (Surroundings(shared_free=1 * MIB), Status.WARNING, "/dev/shm has 1 MiB left"),
        (Surroundings(shared_free=64 * MIB), Status.OK, "/dev/shm has 64 MiB left"),
        (Surroundings(), Status.NOTE, "no /dev/shm"),
        (Surroundings(container="Docker"), Status.NOTE, "a container (Docker)"),
    ],
)
def test_surroundings(seen: Surroundings, status: Status, told: str) -> None:
    (check,) = [check for check in surroundings(seen, linux=True) if told in check.fact]
    assert check.status is status
    assert check.remedy is not None or status is not Status.WARNING


def test_shared_memory_is_not_asked_for_elsewhere() -> None:
    assert list(surroundings(Surroundings(), linux=False)) == []


# ------------------------------------------------------------------ clocks

GOOD = Clocks(now=1.8e9, monotonic_s=0.05, realtime_s=0.05, resolution_s=1e-9, synchronized=True)


def seen(**other: object) -> Clocks:
    return Clocks(**{name: getattr(GOOD, name) for name in Clocks.__dataclass_fields__} | other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("clock", "status", "told"),
    [
        (GOOD, Status.OK, "kept in step"),
        (seen(synchronized=None), Status.OK, "run alike"),
        (seen(synchronized=False), Status.NOTE, "nothing keeps the clock in step"),
        (seen(monotonic_s=0.0), Status.ERROR, "stands still"),
        (seen(resolution_s=0.016), Status.ERROR, "coarse"),
        (seen(now=86400.0), Status.WARNING, "the clock says 1970-01-02"),
        (seen(realtime_s=3600.05), Status.WARNING, "the clock was set by +3600000 ms"),
        (seen(realtime_s=-0.95), Status.WARNING, "the clock was set by -1000 ms"),
    ],
)
def test_clocks(clock: Clocks, status: Status, told: str) -> None:
    assert [(c.status, told in c.fact) for c in clocks(clock) if told in c.fact] == [(status, True)]


def test_the_clocks_of_this_machine_are_read() -> None:
    slept: list[float] = []
    found = clock.look(slept.append)
    assert slept
    assert found.monotonic_s > 0
    assert found.now > 1.7e9


# ------------------------------------------------------------------ libraries

ZMQ = Zmq(pyzmq="27.0", libzmq=(4, 3, 5), features={"ipc": True, "curve": True, "pgm": False})


def test_libraries() -> None:
    assert not libraries.python((3, 11, 0)).wrong
    assert libraries.python((3, 10, 9)).status is Status.ERROR
    found = list(libraries.zeromq(ZMQ, posix=True))
    assert wrong(found) == []
    assert [c.fact for c in found] == [
        "libzmq 4.3.5, pyzmq 27.0",
        "libzmq has ipc, curve",
        "libzmq was built without pgm",
    ]


def test_libraries_that_do_not_serve() -> None:
    bare = Zmq(pyzmq="20.0", libzmq=(4, 2, 0), features={"ipc": False, "curve": False})
    (old, no_ipc) = wrong(libraries.zeromq(bare, posix=True))
    assert (old.status, no_ipc.status) == (Status.WARNING, Status.ERROR)
    assert "too old to tell how handshakes end" in old.fact
    assert [c.fact for c in wrong(libraries.zeromq(bare, posix=False))] == [old.fact]


@pytest.mark.parametrize(
    ("module", "dot", "status", "told"),
    [
        (True, None, Status.OK, "`render` draws with pygraphviz"),
        (False, "/usr/bin/dot", Status.OK, "`render` draws with /usr/bin/dot (2.43)"),
        (True, "/usr/bin/dot", Status.OK, "pygraphviz and /usr/bin/dot (2.43)"),
        (False, None, Status.NOTE, "neither pygraphviz nor `dot`"),
    ],
)
def test_pictures(module: bool, dot: str | None, status: Status, told: str) -> None:
    check = libraries.pictures(has_module=lambda _: module, which=lambda _: dot, version=lambda _: "2.43")
    assert (check.status, told in check.fact) == (status, True)


def test_a_dot_that_does_not_run_is_no_crash(tmp_path: Path) -> None:
    program = tmp_path / "dot"
    program.write_text("no program")
    assert "does not run" in libraries.pictures(has_module=lambda _: False, which=lambda _: str(program)).fact


# ------------------------------------------------------------------ directories


@pytest.fixture
def base() -> Iterator[Path]:
    """A short one: run directories do not go where no ipc path would fit."""
    with tempfile.TemporaryDirectory(prefix="oc", dir="/tmp") as made:
        yield Path(made)


def places(base: Path) -> Mapping[str, str]:
    (base / "run").mkdir(exist_ok=True)
    return {"XDG_RUNTIME_DIR": str(base / "run"), "XDG_STATE_HOME": str(base / "state")}


def test_directories_that_are_not_there_yet(base: Path) -> None:
    found = list(directories(places(base)))
    assert wrong(found) == []
    assert [c.fact for c in found][-1] == f"logs and journals go to {base}/state/orchestrator"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes are POSIX")
def test_a_directory_that_others_may_look_into(base: Path) -> None:
    environ = places(base)
    (base / "run/orchestrator").mkdir(mode=0o755)
    (check,) = [c for c in directories(environ) if "open to others (0755)" in c.fact]
    assert check.status is Status.NOTE


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners are POSIX")
@pytest.mark.parametrize(("which", "status"), [("run", Status.ERROR), ("state", Status.NOTE)])
def test_a_directory_of_another_user(
    base: Path, which: str, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = places(base)
    (base / which / "orchestrator").mkdir(parents=True)
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    (check,) = [c for c in directories(environ) if c.status is not Status.OK]
    assert check.status is status
    assert check.fact.startswith(f"{base}/{which}/orchestrator ")
    assert " user " in check.fact


def test_a_place_where_nothing_can_be_made(base: Path) -> None:
    environ = places(base)
    (base / "state").write_text("a file")
    (check,) = wrong(directories(environ))
    assert check.status is Status.WARNING
    assert f"{base}/state cannot be written to: they are lost" in check.fact


def test_a_disk_that_is_full(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5 * MIB))
    assert [c.fact.partition(", where ")[2] for c in wrong(directories(places(base)))] == [
        "5 MiB are free"
    ] * 2


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="links of POSIX")
def test_a_link_in_the_place_of_the_run_directories(base: Path) -> None:
    environ = places(base)
    (base / "elsewhere").mkdir()
    (base / "run/orchestrator").symlink_to(base / "elsewhere")
    (check,) = wrong(directories(environ))
    assert "is a link" in check.fact


def test_a_runtime_directory_that_is_not_used(base: Path) -> None:
    def told(value: str) -> list[str]:
        environ = {**places(base), "XDG_RUNTIME_DIR": value}
        return [c.fact for c in directories(environ) if c.fact.startswith("XDG_RUNTIME_DIR")]

    assert told(str(base)) == told("") == []
    (fact,) = told(str(base / "nowhere"))
    assert fact.endswith("cannot be written to, and is not used")
    long = base / ("x" * 80)
    long.mkdir()
    (fact,) = told(str(long))
    assert fact.endswith("is too long for ipc paths, and is not used")
