"""Who is whose child: the kernel's process table, read from /proc, or from ps(1) where there is no /proc."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from orchestrator.engines.protocol import MARK_VARIABLE

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Proc:
    """One process as the kernel lists it."""

    pid: int
    parent: int
    group: int
    session: int
    zombie: bool


def read(pid: int) -> Proc | None:
    """The process with this id, or None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123  hot: Path costs twice as much
            text = file.read()
    except OSError:
        return None
    # proc_pid_stat(5): "pid (name) state ppid pgrp session …"; the name may hold blanks and parentheses.
    state, parent, group, session = text[text.rindex(b")") + 2 :].split(b" ", 4)[:4]
    return Proc(pid, int(parent), int(group), int(session), state in b"ZX")


def scan() -> dict[int, Proc]:
    """Every process that can be seen."""
    if not (_PROC / "self" / "stat").exists():
        return _scan_with_ps()
    found = (read(int(name)) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208  hot
    return {p.pid: p for p in found if p is not None}


def _scan_with_ps() -> dict[int, Proc]:
    command = ["ps", "-A", "-o", "pid=,ppid=,pgid=,state="]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    table = {}
    for line in lines:
        pid, parent, group, state = line.split(None, 3)
        # ps gives no session id here; the group serves, since each unit leads both.
        table[int(pid)] = Proc(int(pid), int(parent), int(group), int(group), state.startswith("Z"))
    return table


def children(pid: int) -> list[int]:
    """The children of a process, zombies included (proc_tid_children(5)); by a scan without such a list."""
    result: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  hot
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:  # noqa: PTH123  hot
                result += map(int, file.read().split())
    except ProcessLookupError:
        return result
    except FileNotFoundError:
        if read(pid) is None and (_PROC / "self").exists():
            return result
        return [p.pid for p in scan().values() if p.parent == pid]
    return result


def descendants(root: int) -> dict[int, Proc]:
    """Every process below `root`, without it. Not atomic: what is forked meanwhile may be missing."""
    found: dict[int, Proc] = {}
    waiting = [root]
    while waiting:
        for pid in children(waiting.pop()):
            proc = read(pid) if pid not in found else None
            if proc is not None:
                found[pid] = proc
                waiting.append(pid)
    return found


def below(table: dict[int, Proc], roots: set[int]) -> set[int]:
    """`roots` and all that descends from them, in a table that was scanned before."""
    by_parent: dict[int, list[int]] = defaultdict(list)
    for proc in table.values():
        by_parent[proc.parent].append(proc.pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += by_parent[pid]
    return found


def mark_of(pid: int) -> str | None:
    """The value of `MARK_VARIABLE` that the process was started with.

    None when it has none, cleared its environment, belongs to another user or runs where /proc is missing.
    A process that was forked and never called exec shows the environment of the ancestor that did.
    """
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123  hot
            variables = file.read().split(b"\0")
    except OSError:
        return None
    prefix = MARK_VARIABLE.encode() + b"="
    return next((v[len(prefix) :].decode(errors="replace") for v in variables if v.startswith(prefix)), None)
