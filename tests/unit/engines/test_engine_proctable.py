"""Families in a process table."""

from __future__ import annotations

import os

from orchestrator.engines import proctable
from orchestrator.engines.proctable import Proc


def test_below_follows_parents_and_keeps_to_them() -> None:
    parents = {1: 0, 10: 1, 11: 10, 12: 11, 20: 1, 21: 20}
    table = {pid: Proc(pid, parent, pid, pid, False) for pid, parent in parents.items()}
    assert proctable.below(table, {10}) == {10, 11, 12}
    assert proctable.below(table, {11, 20}) == {11, 12, 20, 21}
    assert proctable.below(table, set()) == set()


def test_this_process_is_listed_as_it_is() -> None:
    proc = proctable.read(os.getpid())
    assert proc == Proc(os.getpid(), os.getppid(), os.getpgid(0), os.getsid(0), False)
    assert proctable.scan()[os.getpid()] == proc


def test_nobody_is_nothing() -> None:
    assert proctable.read(2**22 + 1) is None
    assert proctable.children(2**22 + 1) == []
    assert proctable.mark_of(2**22 + 1) is None
