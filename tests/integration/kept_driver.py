"""A supervisor that keeps, to be killed: `kept_driver.py DIR UNIT=SCRIPT…` starts a shell for each, tells what
happens as JSON lines, and remembers each end as a note."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from orchestrator.engines import SpawnRequest
from orchestrator.engines.kept import KeptEngine
from orchestrator.vocabulary import Stream


class _Listener:
    def spawned(self, unit: str, attempt: int, pid: int) -> None:
        tell(what="spawned", unit=unit, pid=pid)

    def spawn_failed(self, unit: str, attempt: int, reason: str, permanent: bool) -> None:
        tell(what="failed", unit=unit)

    def output(self, unit: str, attempt: int, stream: Stream, data: bytes) -> None:
        tell(what="output", unit=unit, data=data.decode())

    def exited(
        self, unit: str, attempt: int, pid: int, code: int | None, signum: int | None, out_of_memory: bool
    ) -> None:
        if unit == "fatal":  # nothing of what follows is to happen any more
            os.kill(os.getpid(), signal.SIGKILL)
        tell(what="exited", unit=unit, code=code)

    def remarked(self, text: str) -> None:
        tell(what="remark", text=text)

    def engine_lost(self, reason: str) -> None:
        sys.exit(reason)


def tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


async def main(directory: str, *units: str) -> None:
    engine = KeptEngine(target="engine_targets:main")
    engine.keep_in(Path(directory))
    await engine.start(_Listener())
    engine.note("project", b"told by the first")
    assert engine._link is not None
    tell(what="zygote", pid=engine._link.pid)
    for entry in units:
        unit, _, script = entry.partition("=")
        node = script.startswith("@")
        engine.spawn(
            SpawnRequest(
                unit=unit,
                attempt=1,
                argv=None if node else ("/bin/sh", "-c", script),
                host=script[1:].encode() if node else None,
                env=dict(os.environ),
                cwd="/",
                stdin=unit.startswith("in"),
            )
        )
    await asyncio.sleep(1000)


asyncio.run(main(*sys.argv[1:]))
