"""Which SIGKILL is blamed on the kernel's out-of-memory killer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orchestrator.engines.oom import OomWatch, _oom_kill


class _Kernel:
    def __init__(self, log: Callable[[int], bool | None] = lambda _: None) -> None:
        self.count = 7
        self.now = 100.0
        self.watch = OomWatch(lambda: self.count, log, lambda: self.now)


def test_no_kill_counted_none_blamed() -> None:
    assert not _Kernel().watch.explains(1)


def test_each_counted_kill_explains_one_exit() -> None:
    kernel = _Kernel()
    kernel.count += 2
    assert [kernel.watch.explains(pid) for pid in (1, 2, 3)] == [True, True, False]


def test_an_old_kill_explains_nothing() -> None:
    kernel = _Kernel()
    kernel.count += 1
    kernel.watch.refresh()
    kernel.now += 60
    assert not kernel.watch.explains(1)


def test_the_kernels_log_has_the_last_word() -> None:
    kernel = _Kernel(lambda pid: pid == 5)
    kernel.count += 1
    assert not kernel.watch.explains(4)
    assert kernel.watch.explains(5)
    assert not kernel.watch.explains(5)


def test_counters_are_read_from_all_three_kinds_of_file(tmp_path: Path) -> None:
    for name, text in (
        ("memory.events", "low 0\nhigh 0\noom 4\noom_kill 3\noom_group_kill 0\n"),
        ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
        ("vmstat", "nr_free_pages 5\noom_kill 3\n"),
    ):
        (tmp_path / name).write_text(text)
        assert _oom_kill(tmp_path / name) == 3
    (tmp_path / "odd").write_text("oom_kill x\n")
    assert _oom_kill(tmp_path / "odd") == 0
    assert _oom_kill(tmp_path / "missing") == 0
