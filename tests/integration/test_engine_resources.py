"""`resources` of processes that the local engine makes: what they get, and what is refused them."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.engines import SpawnRequest, cgroups
from orchestrator.engines.bounds import Bounds
from orchestrator.model.types import Resources
from orchestrator.vocabulary import Stream

from .engine_support import HERE, drive, is_running, lab, until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs Linux"),
]
MIB = 1 << 20
LOOK = """
import os, resource
print(sorted(os.sched_getaffinity(0)), os.getpriority(os.PRIO_PROCESS, 0),
      resource.getrlimit(resource.RLIMIT_NOFILE), flush=True)
"""
HOG = "held = [bytearray(1 << 20) for _ in range(400)]; print('got it all')"


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)


def with_groups() -> bool:
    """Whether memory can be bounded by control groups here."""
    try:
        cgroups.find()
    except cgroups.UnusableError:
        return False
    return True


@drive
async def test_programs_and_nodes_get_what_is_written() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    given = Resources(cpus=(0,), nice=own + 3, nofile=123)
    async with lab() as at:
        at.program("program", sys.executable, "-c", LOOK, resources=given)
        at.node("node", "resources", resources=given)
        for unit in ("program", "node"):
            assert await at.seen.end(unit) == (0, None)
            assert at.seen.text(unit).decode().split("\n")[0] == f"[0] {own + 3} (123, 123)"


@drive
async def test_others_keep_what_they_had() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    soft_hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with lab() as at:
        at.node("limited", "resources", resources=Resources(cpus=(0,), nice=own + 3, nofile=123))
        await at.seen.end("limited")
        at.node("free", "resources")
        assert await at.seen.end("free") == (0, None)
        here = sorted(os.sched_getaffinity(0))
        assert at.seen.text("free").decode() == f"{here} {own} {soft_hard}\n"


@drive
async def test_a_processor_that_is_not_here_is_a_permanent_failure() -> None:
    async with lab() as at:
        at.program("program", "/bin/true", resources=Resources(cpus=(0, 4000)))
        at.node("node", "resources", resources=Resources(cpus=(0, 4000)))
        for unit in ("program", "node"):
            failed = await at.seen.until(lambda unit=unit: at.seen.of("failed", unit))
            told = "`resources.cpus`: processor 4000 is not here, or may not be used"
            assert failed[0][3:] == (told, True)
        assert at.seen.of("spawned") == []


@pytest.mark.skipif(with_groups(), reason="control groups can be had")
@drive
async def test_without_control_groups_the_address_space_is_bounded_and_that_is_told_once() -> None:
    async with lab() as at:
        bound = Resources(memory=300 * MIB)
        at.program("hog", sys.executable, "-c", HOG, resources=bound)
        at.program("modest", sys.executable, "-c", "print('fits')", resources=bound)
        at.node("node", "wait", resources=Resources(memory=20 * MIB))
        assert await at.seen.end("hog") == (1, None)
        assert b"MemoryError" in at.seen.text("hog", Stream.STDERR)
        assert await at.seen.end("modest") == (0, None)
        failed = await at.seen.until(lambda: at.seen.of("failed", "node"))
        assert "20 MiB of address space are too few" in failed[0][3]
        assert failed[0][4] is True
        remarks = [r[1] for r in at.seen.reports if r[0] == "remark"]
        assert len(remarks) == 1
        assert remarks[0].startswith("`resources.memory` bounds the address space of each process alone: ")


@pytest.mark.skipif(not with_groups(), reason="no control groups with a memory controller here")
@drive
async def test_the_kernel_ends_who_takes_too_much_and_that_is_told() -> None:
    async with lab() as at:
        at.program("hog", sys.executable, "-c", HOG, resources=Resources(memory=64 * MIB))
        assert await at.seen.end("hog") == (None, signal.SIGKILL)
        assert at.seen.of("exited", "hog")[0][6] is True


# ------------------------------------------------------------------ real control groups, without memory


def hierarchy() -> Path | None:
    """Where cgroup2 is mounted and groups can be made, whatever controllers it has."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        if " - cgroup2 " in line and os.access(line.split()[4], os.W_OK):
            return Path(line.split()[4])
    return None


@pytest.fixture
def home() -> Iterator[Path]:
    """A group of the test's own, removed at the end."""
    found = hierarchy()
    if found is None:
        pytest.skip("no control groups (v2) can be made here")
    group = found / f"orchestrator-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control groups (v2) can be made here: {error}")
    try:
        yield group
    finally:
        left = [path for path in group.iterdir() if path.is_dir()]
        for path in (*left, group):
            path.rmdir()
        assert left == []


@pytest.fixture
def grouped(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every unit gets a group below `home`."""

    def group(bounds: Bounds, request: SpawnRequest, _: int) -> str:
        bounds._home = str(home)
        return cgroups.group_of(str(home), bounds._mark, request.unit, request.attempt)

    monkeypatch.setattr(Bounds, "group", group)
    return home


MEMBER = Resources(nice=19)


@drive
async def test_a_unit_is_in_its_group_until_it_ends(grouped: Path) -> None:
    async with lab() as at:
        at.shell("program", "read own </proc/self/cgroup; echo $own; read line", stdin=True, resources=MEMBER)
        at.node("node", "wait", resources=MEMBER)
        pids = {unit: await at.seen.pid(unit) for unit in ("program", "node")}
        await at.seen.lines("program")
        for unit, pid in pids.items():
            (group,) = grouped.glob(f"orchestrator-*.{unit}.1")
            assert (group / "cgroup.procs").read_text().split() == [str(pid)]
            at.engine.kill(unit, 1)
            assert await at.seen.end(unit) == (None, signal.SIGKILL)
            assert at.seen.of("exited", unit)[0][6] is False
        await until(lambda: not any(path.is_dir() for path in grouped.iterdir()))


ESCAPE = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve("/bin/sleep", ["sleep", "1000"], {})
    os._exit(0)
"""


@drive
async def test_nobody_leaves_the_group_not_even_with_an_empty_environment(
    grouped: Path, tmp_path: Path
) -> None:
    async with lab() as at:
        at.program("gone", sys.executable, "-c", ESCAPE, resources=MEMBER)
        await at.seen.end("gone")
        (group,) = grouped.glob("orchestrator-*.gone.1")
        (pid,) = await until((group / "cgroup.procs").read_text().split)
        at.engine.kill("gone", 1)
        await until(lambda: not is_running(int(pid)))
        await until(lambda: not group.exists())


def test_alone_in_a_group_we_make_room_and_go_back(home: Path) -> None:
    """With any controller that there is: the kernel's rules are the same for all of them."""
    parent = home.parent
    controllers = (parent / "cgroup.controllers").read_text().split()
    enabled = (parent / "cgroup.subtree_control").read_text().split()
    if not controllers:
        pytest.skip("no controller is there")
    controller = (enabled or controllers)[0]
    if not enabled:
        (parent / "cgroup.subtree_control").write_text(f"+{controller}")
    script = f"""
import os
from orchestrator.engines import cgroups
home, controller = {str(home)!r}, {controller!r}
open(home + "/cgroup.procs", "w").write("0")
assert cgroups.find(controller) == home
leaf = cgroups.leaf_of(home, "m")
try:
    cgroups.open_up(home, leaf, lambda pid: False, controller)
except cgroups.UnusableError as error:
    assert str(os.getpid()) in str(error), error
assert cgroups._own_group(cgroups.Path("/proc/self")) == home
cgroups.open_up(home, leaf, {{os.getpid()}}.__contains__, controller)
assert cgroups._own_group(cgroups.Path("/proc/self")) == leaf
group = cgroups.group_of(home, "m", "a", 1)
procs = cgroups.make(group, None)
pid = os.fork()
if pid == 0:
    open(procs, "w").write("0")
    import time; time.sleep(1000)
while not cgroups.is_populated(group):
    pass
assert not cgroups.remove(group)
cgroups.close_down(home, leaf, controller)
assert os.waitpid(pid, 0)[1] == 9
cgroups.close_down(home, leaf, controller)
assert cgroups._own_group(cgroups.Path("/proc/self")) == home
print("fine")
"""
    try:
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert (done.stdout, done.stderr) == ("fine\n", "")
    finally:
        if not enabled:
            (parent / "cgroup.subtree_control").write_text(f"-{controller}")
