"""`running`: a topology for the length of a `with` block."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from orchestrator.app.api import Topology
from orchestrator.testing.system import TIMEOUT_S, SystemUnderTest

READY_S: Final = 60.0


@contextmanager
def running(
    topology: Topology | str | Path,
    *,
    without: Collection[str] = (),
    keep: Collection[str] = (),
    isolate: bool = True,
    may_die: Collection[str] | bool = (),
    profiles: Collection[str] = (),
    env: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT_S,
    ready: float | None = READY_S,
) -> Iterator[SystemUnderTest]:
    """Bring a topology (or its file) up, wait until it is ready, and stop it at the end of the block.

    - `without`: nodes that are not started; `system.stand_in` plays their sockets.
    - `keep`: addresses, endpoints or `node.socket` that stay where the topology has them. All others move:
      each fixed tcp port becomes a free one of 127.0.0.1, each ipc path one in the run's own directory, for
      all ends alike, within arguments, environment and params too. `isolate=False` moves nothing.
    - `may_die`: nodes or units that may fail; True: all.
    - `env`: variables beside those of the process.
    - `timeout`: seconds that a socket of the test waits, unless it is told otherwise.
    - `ready`: seconds until all must be ready; None does not wait for it.

    Raises RunError when the topology has errors or does not become ready, and NodeDied when a node failed.
    """
    environ = {**os.environ, **(env or {})}
    loaded = topology if isinstance(topology, Topology) else Topology.load(topology, environ=environ)
    system = SystemUnderTest(
        loaded.checked(),
        profiles=profiles,
        environ=environ,
        without=without,
        keep=keep,
        isolate=isolate,
        may_die=may_die,
        timeout=timeout,
    )
    with system:
        if ready is not None:
            system.wait_ready(ready)
        yield system
