"""The least that can be called a supervisor: start, wait, start again; on SIGTERM stop all, after a grace kill.

`bare_loop.py COUNT GRACE PROGRAM [ARGUMENT …]`. It shows what the kernel and Python's subprocess cost by
themselves: no log, no state, no check, no words.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time


def main(count: int, grace_s: float, argv: list[str]) -> int:
    selector = selectors.DefaultSelector()
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    signal.signal(signal.SIGTERM, lambda *_: None)
    selector.register(told, selectors.EVENT_READ)

    def start() -> None:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        selector.register(os.pidfd_open(child.pid), selectors.EVENT_READ, child)

    def reap(key: selectors.SelectorKey) -> None:
        selector.unregister(key.fd)
        os.close(key.fd)
        key.data.wait()

    for _ in range(count):
        start()
    while True:
        ready = [key for key, _ in selector.select()]
        if any(key.data is None for key in ready):
            break
        for key in ready:
            reap(key)
            start()
    selector.unregister(told)
    children = [key.data for key in selector.get_map().values()]
    for child in children:
        child.terminate()
    deadline = time.monotonic() + grace_s
    while selector.get_map():
        ready = [key for key, _ in selector.select(max(0.0, deadline - time.monotonic()))]
        for key in ready:
            reap(key)
        if not ready:
            for key in selector.get_map().values():
                key.data.kill()
            deadline = float("inf")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
