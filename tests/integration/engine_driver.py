"""A supervisor to be killed: starts processes with grandchildren, prints all their ids as JSON, waits."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from orchestrator.engines import SpawnRequest
from orchestrator.engines.local import LocalEngine
from orchestrator.vocabulary import Stream


class _Listener:
    def __init__(self) -> None:
        self.pids: list[int] = []

    def spawned(self, unit: str, attempt: int, pid: int) -> None:
        self.pids.append(pid)

    def spawn_failed(self, unit: str, attempt: int, reason: str, permanent: bool) -> None:
        sys.exit(reason)

    def output(self, unit: str, attempt: int, stream: Stream, data: bytes) -> None:
        if stream is Stream.STDERR:
            sys.exit(data.decode())
        self.pids += [int(word) for word in data.split() if word.isdigit()]

    def exited(
        self, unit: str, attempt: int, pid: int, code: int | None, signal: int | None, out_of_memory: bool
    ) -> None:
        sys.exit(f"{unit} ended")

    def engine_lost(self, reason: str) -> None:
        sys.exit(reason)


async def main() -> None:
    listener = _Listener()
    engine = LocalEngine(target="engine_targets:main")
    await engine.start(listener)
    if "--hold-socket" in sys.argv and os.fork() == 0:
        # A fork of the supervisor that outlives it and has its end of the zygote's line open.
        print(json.dumps({"fork": os.getpid()}), flush=True)
        time.sleep(1000)
    script = (
        "trap '' TERM HUP INT; echo $$; sleep 1000 & echo $!;"
        "setsid sh -c 'echo $$; sleep 1000 & echo $!; wait' & wait"
    )
    for i in range(5):
        for unit, argv, host in (
            (f"p{i}", ("/bin/sh", "-c", script), None),
            (f"n{i}", None, b"fork_daemon"),
        ):
            engine.spawn(
                SpawnRequest(
                    unit=unit, attempt=1, argv=argv, host=host, env=dict(os.environ), cwd="/", stdin=False
                )
            )
    while len(set(listener.pids)) < 5 * 4 + 5 * 2:
        await asyncio.sleep(0.005)
    assert engine._link is not None
    print(json.dumps({"pids": sorted(set(listener.pids)), "zygote": engine._link.pid}), flush=True)
    await asyncio.sleep(1000)


asyncio.run(main())
