"""What forked Python nodes run in the engine's tests: `main` calls the function that the payload names."""

from __future__ import annotations

import atexit
import fcntl
import os
import signal
import sys
from pathlib import Path


def main(payload: bytes) -> None:
    globals()[payload.decode()]()


def report() -> None:
    """Print what this process looks like, one fact per line."""
    import multiprocess

    print("argv", sys.argv)
    print("cwd", Path.cwd())
    print("name", multiprocess.current_process().name)
    print("parent alive", multiprocess.parent_process().is_alive())
    print("main", sorted(name for name in vars(sys.modules["__main__"]) if not name.startswith("__")))
    print("environ", sorted(os.environ))
    print("path", sys.path[0])
    print("fds", [fd for fd in range(100) if Path(f"/proc/self/fd/{fd}").exists()])
    print("stdin", sys.stdin.read())
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("Sig"):
            print(*line.split())


def wait() -> None:
    print("waiting")
    while True:
        signal.pause()


def echo() -> None:
    for line in sys.stdin:
        print("got", line.strip())


def exit_with_7() -> None:
    sys.exit(7)


def raise_error() -> None:
    raise ValueError("no good")


def leave_atexit() -> None:
    atexit.register(print, "at exit")


def fork_daemon() -> None:
    """A child that is in no way connected but by descent: own session, no exec."""
    if os.fork() == 0:
        os.setsid()
        print("daemon", os.getpid())
        while True:
            signal.pause()
    wait()


def print_odd() -> None:
    """A character beyond ASCII, and one that no encoding has."""
    print("ü \udcff")


def fill_pipe() -> None:
    """As much on stderr as a pipe can hold, and out before anybody reads."""
    size = 1 << 20
    fcntl.fcntl(2, fcntl.F_SETPIPE_SZ, size)
    print("filled", os.write(2, b"x" * size))


def leave_slow_to_die() -> None:
    """A child that is there for some milliseconds after its SIGKILL, until its memory is given back."""
    if os.fork() == 0:
        memory = bytearray(100_000_000)
        print("child", os.getpid())
        while memory:
            signal.pause()
    os._exit(1)


def resources() -> None:
    """Print what this process may use."""
    import resource

    nofile = resource.getrlimit(resource.RLIMIT_NOFILE)
    print(sorted(os.sched_getaffinity(0)), os.getpriority(os.PRIO_PROCESS, 0), nofile)
