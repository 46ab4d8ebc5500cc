"""What is measured. Each measure runs one supervisor once, from outside, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from supervisors.contestants import Contestant, Load
from supervisors.watching import PAUSE_S, Marked, children, cpu_s, pss_mib

NEVER = float("inf")
PATIENCE_S = 60.0
"""After so long something is taken to happen never."""
GRACE_S = 2.0
IDLE_S = 10.0
KILLS = 7
GRANDCHILDREN = 6


class Run:
    """A supervisor with its load, in a directory and a process group of its own."""

    def __init__(self, contestant: Contestant, load: Load, marked: Marked) -> None:
        self.contestant, self.load, self.marked = contestant, load, marked
        self._directory = tempfile.TemporaryDirectory(prefix="compared-")
        directory = Path(self._directory.name)
        words = contestant.prepare(directory, load)
        env = {**os.environ, "XDG_RUNTIME_DIR": str(directory), "XDG_STATE_HOME": str(directory)}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            words,
            cwd=directory,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def until(self, holds: Callable[[set[int]], bool], patience_s: float = PATIENCE_S) -> float:
        """Seconds from now until what is marked is as asked for; NEVER after `patience_s`."""
        begin = time.perf_counter()
        while not holds(self.marked.pids()):
            if time.perf_counter() - begin > patience_s:
                return NEVER
            time.sleep(PAUSE_S)
        return time.perf_counter() - begin

    def up(self) -> float:
        """Seconds from its command until the whole load runs."""
        waited = self.until(lambda pids: len(pids) >= self.load.count)
        if waited == NEVER:
            raise RuntimeError(f"{self.contestant.name} never ran {self.load.count} processes")
        return time.perf_counter() - self.began

    def stop(self, patience_s: float = PATIENCE_S) -> float:
        """Seconds from the stop signal until the load and the supervisor are gone."""
        begin = time.perf_counter()
        self.process.send_signal(self.contestant.stop_signal)
        while self.marked.pids() or self.process.poll() is None:
            if time.perf_counter() - begin > patience_s:
                return NEVER
            time.sleep(PAUSE_S)
        return time.perf_counter() - begin

    def own(self) -> list[int]:
        """The supervisor's own processes: all that belong to it and are not the load."""
        load = self.marked.pids()
        return [pid for pid in children(self.process.pid) if pid not in load]

    def end(self) -> None:
        """Leave nothing: neither the supervisor with its helpers, nor the load."""
        own = self.own() if self.process.poll() is None else []
        for pid in own:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        self.marked.kill()
        self._directory.cleanup()


@contextlib.contextmanager
def running(contestant: Contestant, **load: object) -> Iterator[Run]:
    marked = Marked()
    run = Run(contestant, Load(**{"argv": marked.argv, **load}), marked)  # type: ignore[arg-type]
    try:
        yield run
    finally:
        run.end()


# ---------------------------------------------------------------------- the measures


def start(contestant: Contestant, count: int) -> float:
    """Seconds from the command until `count` processes run."""
    with running(contestant, count=count) as run:
        return run.up()


def stop(contestant: Contestant, count: int) -> float:
    """Seconds from the stop signal until all of `count` processes and the supervisor are gone."""
    with running(contestant, count=count) as run:
        run.up()
        time.sleep(1.2)  # supervisord takes a process for started after that; the others do not mind
        return run.stop()


def stop_stubborn(contestant: Contestant, count: int) -> float:
    """The same for processes that ignore SIGTERM, with a grace of GRACE_S where it can be set."""
    marked = Marked()
    argv = ("sh", "-c", f"trap '' TERM; exec {' '.join(marked.argv)}")
    run = Run(contestant, Load(argv=argv, count=count, grace_s=GRACE_S), marked)
    try:
        run.up()
        time.sleep(1.2)
        return run.stop()
    finally:
        run.end()


def replacement(contestant: Contestant, quick: bool) -> float:
    """Median seconds from the SIGKILL of one of ten processes until the one in its place runs."""
    samples = []
    with running(contestant, count=10, quick=quick) as run:
        run.up()
        for _ in range(KILLS):
            time.sleep(1.2)
            before = run.marked.pids()
            os.kill(min(before), signal.SIGKILL)
            waited = run.until(lambda pids, before=before: bool(pids - before), 15)  # type: ignore[misc]
            if waited == NEVER:
                return NEVER
            samples.append(waited)
    return statistics.median(samples)


def idle(contestant: Contestant, count: int) -> tuple[float, float]:
    """(share of one core over IDLE_S, PSS in MiB) of the supervisor's own processes while `count` sleep."""
    with running(contestant, count=count) as run:
        run.up()
        time.sleep(3)
        own = run.own()
        before, begin = cpu_s(own), time.perf_counter()
        time.sleep(IDLE_S)
        share = (cpu_s(own) - before) / (time.perf_counter() - begin)
        return share, pss_mib(own)


def survivors(contestant: Contestant, count: int) -> int:
    """How many of `count` processes are left three seconds after the supervisor's SIGKILL."""
    with running(contestant, count=count) as run:
        run.up()
        helpers = run.own()
        run.process.kill()
        time.sleep(3)
        left = len(run.marked.pids())
        for pid in helpers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return left


def orphans(contestant: Contestant) -> int:
    """One process with GRANDCHILDREN children of its own is killed, then all is stopped: who is left of them?"""
    marked, parent = Marked(), Marked()
    many = f"for i in {' '.join('x' * GRANDCHILDREN)}; do {' '.join(marked.argv)} & done; exec {' '.join(parent.argv)}"
    run = Run(contestant, Load(argv=("sh", "-c", many), count=1), parent)
    try:
        run.up()
        while len(marked.pids()) < GRANDCHILDREN:
            time.sleep(PAUSE_S)
        theirs = marked.pids()
        os.kill(min(parent.pids()), signal.SIGKILL)
        time.sleep(3)
        run.stop(20)
        return len(theirs & marked.pids())
    finally:
        run.end()
        marked.kill()
