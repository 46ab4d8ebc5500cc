"""Which sockets of an instance share memory with their peers, and what they know of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import SHARED_MEMORY_POOL, Delivery

if TYPE_CHECKING:
    from orchestrator.host.watch import SocketWatch
    from orchestrator.sdk.incoming.unsharing import Unsharer
    from orchestrator.sdk.outgoing.sharing import Sharer
    from orchestrator.sdk.socket import Socket
    from orchestrator.wire.launch import InstanceLaunch, SocketLaunch


class Shares:
    """The pools of an instance's sockets, and those that its sockets read from."""

    def __init__(self) -> None:
        self._ends: list[Sharer | Unsharer] = []

    def fit(
        self,
        sockets: Iterable[Socket],
        launch: InstanceLaunch,
        run_dir: str,
        watches: Mapping[str, SocketWatch],
    ) -> None:
        """Have the sockets that may share memory do so. What cannot be shared goes through the socket."""
        launches = {socket.name: socket for socket in launch.sockets}
        for socket in sockets:
            if launches[socket.name].qos.envelope:
                self._fit(socket, launches[socket.name], run_dir, watches.get(socket.name))

    def _fit(self, socket: Socket, launch: SocketLaunch, run_dir: str, watch: SocketWatch | None) -> None:
        from orchestrator.sdk.incoming.opening import EnvelopeInlet
        from orchestrator.sdk.incoming.unsharing import Unsharer
        from orchestrator.sdk.outgoing.enveloping import EnvelopeOutlet
        from orchestrator.sdk.outgoing.sharing import Sharer, pool_size

        if isinstance(socket.inlet, EnvelopeInlet):
            self._ends.append(Unsharer(socket.inlet))
        size = pool_size(socket.type, str(launch.codec), launch.qos, SHARED_MEMORY_POOL)
        outlet = socket.outlet
        # inproc has no copies to save, and the monitor does not tell of its peers.
        if not size or watch is None or _is_inproc(launch) or not isinstance(outlet, EnvelopeOutlet):
            return
        name, reporter = socket.name, outlet.port.reporter
        self._ends.append(
            Sharer(
                outlet,
                size,
                run_dir,
                peers=watch.addressees,
                connects=bool(launch.connects),
                waits=_waits(launch),
                say=lambda why: reporter.unshared(name, why),
            )
        )

    def close(self) -> None:
        """The sockets are closed. What their node still looks at stays valid."""
        for end in self._ends:
            end.close()
        self._ends.clear()


def _waits(launch: SocketLaunch) -> bool:
    """Whether a sender waits where there is no room."""
    if launch.qos.delivery is not None:
        return launch.qos.delivery is Delivery.LOSSLESS
    return launch.type in (SocketType.PUSH, SocketType.PAIR, SocketType.DEALER)


def _is_inproc(launch: SocketLaunch) -> bool:
    addresses = (*launch.binds, *(target.address or "" for target in launch.connects))
    return any(address.startswith("inproc://") for address in addresses)
