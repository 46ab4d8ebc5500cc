"""Control groups, as files of the test's own show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.kernel.limits import GroupLimits, read

MIB = 1 << 20


class Fake:
    """A /proc/self, and the hierarchies that are mounted."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.proc = base / "proc"
        self.proc.mkdir()
        self._mounts: list[str] = ["22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"]

    def own(self, *lines: str) -> None:
        (self.proc / "cgroup").write_text("".join(f"{line}\n" for line in lines))

    def mount(self, name: str, root: str, kind: str, options: str = "rw") -> Path:
        top = self.base / name
        top.mkdir()
        self._mounts.append(f"30 22 0:26 {root} {top} rw,nosuid shared:4 - {kind} cgroup {options}\n")
        (self.proc / "mountinfo").write_text("".join(self._mounts))
        return top

    def group(self, directory: Path, **files: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (directory / name.replace("__", ".")).write_text(f"{content}\n")


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path)


def test_version_2_takes_the_smallest_of_all_groups_above(fake: Fake) -> None:
    fake.own("0::/user.slice/app.scope")
    top = fake.mount("unified", "/", "cgroup2")
    fake.group(top)
    fake.group(
        top / "user.slice",
        memory__max=str(256 * MIB),
        memory__current=str(100 * MIB),
        pids__max="max",
        cpu__max="max 100000",
    )
    fake.group(
        top / "user.slice/app.scope",
        memory__max=str(512 * MIB),
        memory__current=str(50 * MIB),
        pids__max="64",
        pids__current="7",
        cpu__max="150000 100000",
    )
    assert read(fake.proc) == GroupLimits(
        memory=256 * MIB, memory_used=100 * MIB, tasks=64, tasks_used=7, cpus=1.5
    )


def test_a_container_sees_its_own_group_as_the_root(fake: Fake) -> None:
    """Without a namespace for groups the path is the host's, and the mount's root is that group."""
    fake.own("0::/docker/4711")
    top = fake.mount("unified", "/docker/4711", "cgroup2")
    fake.group(top, memory__max=str(64 * MIB), memory__current="4096", cpu__max="50000 100000")
    assert read(fake.proc) == GroupLimits(memory=64 * MIB, memory_used=4096, cpus=0.5)


def test_version_1(fake: Fake) -> None:
    fake.own("5:cpu,cpuacct:/box", "4:memory:/box", "3:pids:/box", "1:name=systemd:/")
    memory = fake.mount("memory", "/", "cgroup", "rw,memory")
    pids = fake.mount("pids", "/", "cgroup", "rw,pids")
    cpu = fake.mount("cpu", "/", "cgroup", "rw,cpu,cpuacct")
    fake.group(memory, memory__limit_in_bytes="9223372036854771712", memory__usage_in_bytes="1")
    fake.group(memory / "box", memory__limit_in_bytes=str(32 * MIB), memory__usage_in_bytes=str(MIB))
    fake.group(pids / "box", pids__max="20", pids__current="3")
    fake.group(cpu / "box", cpu__cfs_quota_us="200000", cpu__cfs_period_us="100000")
    fake.group(cpu, cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    assert read(fake.proc) == GroupLimits(memory=32 * MIB, memory_used=MIB, tasks=20, tasks_used=3, cpus=2.0)


def test_no_limit_is_none(fake: Fake) -> None:
    fake.own("4:memory:/", "0::/")
    memory = fake.mount("memory", "/", "cgroup", "rw,memory")
    fake.group(memory, memory__limit_in_bytes="9223372036854771712", memory__usage_in_bytes="1")
    fake.group(fake.mount("unified", "/", "cgroup2"), memory__max="max", cpu__max="max 100000")
    assert read(fake.proc) == GroupLimits()


@pytest.mark.parametrize("junk", ["", "\0\0", "0:\n::\n7", "0::/../../x\n", "- - -\n" * 3])
def test_what_is_not_as_the_manual_says_is_passed_over(fake: Fake, junk: str) -> None:
    (fake.proc / "cgroup").write_text(junk)
    (fake.proc / "mountinfo").write_text(junk)
    assert read(fake.proc) == GroupLimits()


def test_no_such_tables(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere") == GroupLimits()
