"""A forwarder between the nodes and their supervisor: what nodes tell can be made late.

The control socket of a run is a unix socket, which is where its file is: the file is moved away, and the
forwarder listens where it was. Whose a connection is tells the process group at its other end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from orchestrator.chaos.forwarder import Forwarder, Weather
from orchestrator.chaos.network import Network, bound_unix, group_of_peer

_CONTROL: Final = "control"
_MOVED: Final = "control.supervisor"


class Controls:
    """The control channel of one run."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._forwarder: Forwarder | None = None

    def interpose(self, run_dir: str) -> None:
        """Come in between. To be called when the socket is bound and nobody has connected."""
        control, moved = Path(run_dir, _CONTROL), Path(run_dir, _MOVED)
        control.rename(moved)
        listening, _ = bound_unix(str(control))
        self._forwarder = self._network.forward(listening, lambda: f"ipc://{moved}", group_of_peer)

    def delay(self, pid: int, by_s: float) -> int:
        """Make all that a process tells late; over how many connections it does."""
        assert self._forwarder is not None
        self._network.set([self._forwarder], Weather(delay_s=by_s, back=False), pid)
        return self._network.count([self._forwarder], pid)

    def clear(self, pid: int) -> None:
        """Not any more."""
        assert self._forwarder is not None
        self._network.clear([self._forwarder], pid)
