"""Control groups, on a directory that behaves as the kernel's do as far as we rely on it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from orchestrator.engines import cgroups
from orchestrator.engines.cgroups import UnusableError

MOUNT = "41 31 0:38 {root} {at} rw,relatime - cgroup2 cgroup2 rw\n30 1 0:2 / /proc rw - proc proc rw\n"


class Kernel:
    """The part of cgroup2 that a directory does not have: files of new groups, moves, EBUSY."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, *, is_root: bool = False) -> None:
        self.home = home
        self.is_root = is_root
        self.refuses = False
        self.written: list[tuple[str, str]] = []
        self._mkdir, self._rmdir = Path.mkdir, Path.rmdir
        self.populate(home)
        monkeypatch.setattr(
            Path, "mkdir", lambda path, *a, **k: (self._mkdir(path, *a, **k), self.populate(path))
        )
        monkeypatch.setattr(Path, "rmdir", lambda path: self.rmdir(path))
        monkeypatch.setattr(cgroups, "_write", self.write)

    def populate(self, group: Path) -> None:
        for file in (
            "cgroup.procs",
            "cgroup.subtree_control",
            "memory.max",
            "memory.oom.group",
            "cgroup.kill",
        ):
            (group / file).write_text("")
        (group / "cgroup.controllers").write_text("cpu memory pids\n")
        (group / "memory.events").write_text("low 0\nhigh 0\nmax 9\noom 1\noom_kill 0\n")
        (group / "cgroup.events").write_text("populated 0\nfrozen 0\n")

    def write(self, file: str, text: str) -> None:
        group, name = Path(file).parent, Path(file).name
        if not Path(file).exists():
            raise FileNotFoundError(errno.ENOENT, "No such file", file)
        self.written.append((str(Path(file).relative_to(self.home)), text))
        if name == "cgroup.procs":
            for other in (self.home, *(d for d in self.home.iterdir() if d.is_dir())):
                left = [pid for pid in (other / name).read_text().split() if pid != text]
                (other / name).write_text("".join(f"{pid}\n" for pid in left))
            (group / name).write_text((group / name).read_text() + f"{text}\n")
        elif name == "cgroup.subtree_control":
            full = not self.is_root and (group / "cgroup.procs").read_text()
            if text[0] == "+" and (full or self.refuses):
                raise OSError(errno.EBUSY, "Device or resource busy", file)
            (group / name).write_text("memory" if text[0] == "+" else "")
        elif name == "cgroup.kill":
            (group / "cgroup.procs").write_text("")

    def rmdir(self, group: Path) -> None:
        if (group / "cgroup.procs").exists():
            if (group / "cgroup.procs").read_text():
                raise OSError(errno.EBUSY, "Device or resource busy", str(group))
            for file in group.iterdir():
                file.unlink()
        self._rmdir(group)

    def put(self, *pids: int) -> None:
        (self.home / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))

    def within(self, group: str = ".") -> list[str]:
        return (self.home / group / "cgroup.procs").read_text().split()

    @property
    def groups(self) -> list[str]:
        return sorted(d.name for d in self.home.iterdir() if d.is_dir())


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    home = tmp_path / "service"
    home.mkdir()
    return Kernel(home, monkeypatch)


def proc(directory: Path, own: str, *mounts: tuple[str, str]) -> Path:
    (directory / "cgroup").write_text(own)
    (directory / "mountinfo").write_text("".join(MOUNT.format(root=r, at=at) for r, at in mounts))
    return directory


class TestFind:
    def test_the_own_group_below_its_mount(self, kernel: Kernel, tmp_path: Path) -> None:
        there = proc(tmp_path, "4:memory:/old\n0::/service\n", ("/", str(tmp_path)))
        assert cgroups.find(proc=there) == str(kernel.home)

    def test_a_container_sees_a_part_of_the_tree(self, kernel: Kernel, tmp_path: Path) -> None:
        there = proc(tmp_path, "0::/docker/abc/service\n", ("/docker/abc", str(tmp_path)))
        assert cgroups.find(proc=there) == str(kernel.home)

    def test_a_mount_of_another_part_is_passed_over(self, kernel: Kernel, tmp_path: Path) -> None:
        there = proc(tmp_path, "0::/service\n", ("/serv", "/elsewhere"), ("/", str(tmp_path)))
        assert cgroups.find(proc=there) == str(kernel.home)

    @pytest.mark.parametrize("own", ["", "4:memory:/old\n"])
    def test_no_version_2(self, own: str, tmp_path: Path) -> None:
        with pytest.raises(UnusableError, match="no control groups"):
            cgroups.find(proc=proc(tmp_path, own, ("/", str(tmp_path))))

    def test_not_mounted(self, kernel: Kernel, tmp_path: Path) -> None:
        with pytest.raises(UnusableError, match="no control groups"):
            cgroups.find(proc=proc(tmp_path, "0::/service\n"))

    def test_the_controller_is_not_handed_down(self, kernel: Kernel, tmp_path: Path) -> None:
        (kernel.home / "cgroup.controllers").write_text("cpu pids\n")
        with pytest.raises(UnusableError, match="no memory controller"):
            cgroups.find(proc=proc(tmp_path, "0::/service\n", ("/", str(tmp_path))))

    def test_not_writable(self, kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "access", lambda path, _: not path.endswith("subtree_control"))
        with pytest.raises(UnusableError, match="may not be written to"):
            cgroups.find(proc=proc(tmp_path, "0::/service\n", ("/", str(tmp_path))))


class TestOpenUp:
    def open_up(self, kernel: Kernel, *ours: int) -> str:
        leaf = cgroups.leaf_of(str(kernel.home), "mark")
        cgroups.open_up(str(kernel.home), leaf, ours.__contains__)
        return leaf

    def test_who_is_alone_moves_into_a_leaf_and_back(self, kernel: Kernel) -> None:
        kernel.put(10, 11)
        leaf = self.open_up(kernel, 10, 11)
        assert kernel.within() == []
        assert kernel.within("orchestrator-mark") == ["10", "11"]
        assert (kernel.home / "cgroup.subtree_control").read_text() == "memory"
        cgroups.close_down(str(kernel.home), leaf)
        assert kernel.within() == ["10", "11"]
        assert kernel.groups == []
        assert (kernel.home / "cgroup.subtree_control").read_text() == ""

    def test_nobody_moves_where_strangers_are(self, kernel: Kernel) -> None:
        kernel.put(10, 99)
        with pytest.raises(UnusableError, match=r"not the orchestrator's \(99"):
            self.open_up(kernel, 10)
        assert kernel.within() == ["10", "99"]
        assert kernel.groups == []

    def test_nobody_moves_where_the_controller_is_there(self, kernel: Kernel) -> None:
        kernel.put(10, 99)
        (kernel.home / "cgroup.subtree_control").write_text("cpu memory\n")
        self.open_up(kernel, 10)
        assert kernel.written == []

    def test_nobody_moves_in_the_root_group(self, kernel: Kernel) -> None:
        kernel.is_root = True
        kernel.put(10, 99)
        self.open_up(kernel, 10)
        assert kernel.within() == ["10", "99"]

    def test_a_refusal_after_the_move_is_undone(self, kernel: Kernel) -> None:
        kernel.put(10)
        kernel.refuses = True
        with pytest.raises(UnusableError, match="refuses"):
            self.open_up(kernel, 10)
        assert [text for _, text in kernel.written].count("+memory") == 2
        assert kernel.within() == ["10"]
        assert kernel.groups == []


class TestGroup:
    def test_limits_are_written_and_the_procs_file_named(self, kernel: Kernel) -> None:
        group = cgroups.group_of(str(kernel.home), "mark", "feed-1", 3)
        assert cgroups.make(group, 64 << 20) == f"{group}/cgroup.procs"
        name = "orchestrator-mark.feed-1.3"
        assert kernel.written == [(f"{name}/memory.max", str(64 << 20)), (f"{name}/memory.oom.group", "1")]

    def test_a_kernel_without_memory_max_is_an_error(
        self, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Path, "mkdir", kernel._mkdir)
        with pytest.raises(OSError):
            cgroups.make(str(kernel.home / "g"), 1)

    def test_kills_of_its_own_limit_are_counted(self, kernel: Kernel) -> None:
        group = kernel.home / "g"
        cgroups.make(str(group), 1)
        assert not cgroups.ran_out(str(group))
        (group / "memory.events").write_text("oom 1\noom_kill 1\noom_group_kill 1\n")
        assert cgroups.ran_out(str(group))

    def test_a_group_that_is_gone_has_nothing(self, kernel: Kernel) -> None:
        gone = str(kernel.home / "gone")
        assert not cgroups.ran_out(gone)
        assert not cgroups.is_populated(gone)
        assert cgroups.remove(gone)
        cgroups.kill(gone)

    def test_only_an_empty_group_is_removed(self, kernel: Kernel) -> None:
        group = str(kernel.home / "g")
        cgroups.make(group, 1)
        Path(group, "cgroup.procs").write_text("7\n")
        assert not cgroups.remove(group)
        cgroups.kill(group)
        assert cgroups.remove(group)
        assert kernel.groups == []

    def test_the_end_takes_along_only_groups_of_the_same_mark(self, kernel: Kernel) -> None:
        home = str(kernel.home)
        for mark in ("mark", "other"):
            group = cgroups.group_of(home, mark, "a", 1)
            cgroups.make(group, 1)
            Path(group, "cgroup.procs").write_text("7\n")
        cgroups.close_down(home, cgroups.leaf_of(home, "mark"))
        assert kernel.groups == ["orchestrator-other.a.1"]
