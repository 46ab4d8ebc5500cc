"""`SystemUnderTest`: a running topology that a test talks to."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterator, Mapping
from types import TracebackType
from typing import Final, Self

from orchestrator.app.system import System
from orchestrator.errors import RunError, UsageError
from orchestrator.model.types import Topology
from orchestrator.planning.types import Plan
from orchestrator.runtime.reports import OutputLine, Report, StateChanged
from orchestrator.testing.deaths import Death, NodeDied, death_in, told, unexpected
from orchestrator.testing.isolation import Isolated, isolated
from orchestrator.testing.lookup import Lookup
from orchestrator.testing.meeting import Meeting
from orchestrator.testing.ports import Ports
from orchestrator.testing.sockets import PeerSocket, fitting
from orchestrator.vocabulary import OptionValue, SocketType

TIMEOUT_S: Final = 5.0
"""How long a send, a receive or a first connection may take where the test says nothing else."""
STORY_LINES: Final = 20
"""Lines of each unit's output that go with a failed test."""


class SystemUnderTest(System):
    """A System whose addresses are its own, with sockets for the test.

    Leaving the `with` block stops it, closes the test's sockets, and raises NodeDied when a process failed
    that was not said to (`may_die`).
    """

    def __init__(
        self,
        topology: Topology,
        *,
        profiles: Collection[str] = (),
        environ: Mapping[str, str] | None = None,
        without: Collection[str] = (),
        keep: Collection[str] = (),
        isolate: bool = True,
        may_die: Collection[str] | bool = (),
        timeout: float = TIMEOUT_S,
    ) -> None:
        """See `orchestrator.testing.running` for what the arguments mean. Raises UsageError."""
        for name in without:
            if name not in topology.nodes:
                raise UsageError(
                    f"there is no node {name!r} to leave out", f"the nodes are {', '.join(topology.nodes)}"
                )
        self._without = tuple(without)
        self._keep = _kept(topology, keep) if isolate else None
        self._may_die = may_die is True or set(may_die or ())
        self._excused: set[str] = set()
        self._timeout = timeout
        self._ports = Ports()
        self._isolated: Isolated | None = None
        self._deaths: list[Death] = []
        self._judged = 0
        self._meeting = Meeting(topology.directory)
        super().__init__(
            topology,
            profiles=profiles,
            environ=os.environ if environ is None else environ,
            adjust=self._isolate,
        )

    @property
    def name(self) -> str:
        """The topology's name."""
        return self._topology.name

    # ------------------------------------------------------------------ where things are

    def address(self, name: str) -> str:
        """Where a socket can be reached: `node.socket`, a replica's `node-1.socket`, an entry of `endpoints`,
        or an address as the topology has it. Raises UsageError, also where it is more than one.
        """
        found = self._look().addresses(name)
        if len(found) != 1:
            raise UsageError(
                f"{name} has {len(found)} addresses: {', '.join(found)}", "name a replica, or ask `all_at`"
            )
        return found[0]

    def all_at(self, name: str) -> tuple[str, ...]:
        """All addresses of `name`, which is as for `address`."""
        return self._look().addresses(name)

    # ------------------------------------------------------------------ sockets of the test

    def socket(
        self,
        name: str,
        *,
        type: SocketType | str | None = None,  # noqa: A002
        subscribe: Collection[str] = ("",),
        options: Mapping[str, OptionValue] | None = None,
        timeout: float | None = None,
    ) -> PeerSocket:
        """A socket that is connected to `node.socket` (all its replicas) or `node-1.socket`.

        Of the type that fits (a SUB for a PUB, a REQ for a REP, …) or of `type`; messages take the socket's
        codec. It is returned once the connection is up, and on the way to subscribers the subscriptions have
        arrived. `subscribe` are the prefixes of a SUB; `timeout` (seconds) bounds this wait and all later
        ones.

        Raises UsageError for a socket that does not bind, Timeout when the connection does not come about.
        """
        found = self._look().bound(name)
        wanted = fitting(found.launch.type) if type is None else SocketType(type)
        return self._meeting.open(
            name,
            found,
            wanted,
            subscribe=subscribe,
            options=options,
            timeout=self._timeout if timeout is None else timeout,
        )

    def stand_in(
        self,
        name: str,
        *,
        type: SocketType | str | None = None,  # noqa: A002
        subscribe: Collection[str] | None = None,
        options: Mapping[str, OptionValue] | None = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> PeerSocket:
        """The socket of a node that was left out (`without`), played by the test: of the same type and codec,
        at the same addresses. A name of `endpoints` stands in for what is outside of the topology.

        It is returned once everyone who connects to it has; `wait=False` does not wait. Other arguments are
        those of `socket`.
        """
        found = self._look().absent(name, None if type is None else SocketType(type))
        launch = found.launch
        return self._meeting.open(
            name,
            found,
            SocketType.XPUB if launch.type is SocketType.PUB else launch.type,
            subscribe=launch.subscribe or ("",) if subscribe is None else subscribe,
            options={**launch.options, **(options or {})},
            timeout=self._timeout if timeout is None else timeout,
            wait=wait,
        )

    # ------------------------------------------------------------------ deaths

    def may_die(self, *names: str) -> None:
        """Nodes or units whose failure is no failure of the test."""
        if isinstance(self._may_die, set):
            self._may_die.update(names)

    def kill(self, unit: str, signum: int = signal.SIGTERM) -> None:
        """Send a signal to a unit's process. Its end is then no failure of the test."""
        self._excused.add(unit)
        super().kill(unit, signum)

    @property
    def deaths(self) -> tuple[Death, ...]:
        """Every process that failed, those that may included."""
        with self._changed:
            return tuple(self._deaths)

    def check(self) -> None:
        """Raises NodeDied, with reasons and last lines, when a process failed that was not said to.

        A death is told once.
        """
        found = self.verdict()
        if found:
            raise NodeDied(found)

    def verdict(self) -> str:
        """What `check` would raise, and nothing where all is well. A death is told once."""
        deaths = self.deaths
        new, self._judged = deaths[self._judged :], len(deaths)
        return told(self.name, unexpected(new, self._expected()))

    def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until every unit is ready.

        Raises NodeDied as soon as one fails, and RunError when it takes longer than `timeout` seconds.
        """
        try:
            super().wait_ready(timeout)
        except RunError:
            if died := self.verdict():
                raise NodeDied(died) from None
            raise

    def _is_decided(self) -> bool:
        return super()._is_decided() or bool(unexpected(self._deaths, self._expected()))

    def _expected(self) -> Collection[str] | bool:
        return self._may_die if isinstance(self._may_die, bool) else self._may_die | self._excused

    def story(self) -> str:
        """States of all units and the last lines of each, for the report of a failed test."""
        lines: dict[str, list[str]] = {}
        for report in self.events:
            if isinstance(report, OutputLine):
                lines.setdefault(report.unit, []).append(report.text)
        parts = []
        for unit, state in self.states.items():
            parts.append(f"{unit}: {state}")
            parts += [f"    {line}" for line in lines.get(unit, [])[-STORY_LINES:]]
        return "\n".join(parts)

    # ------------------------------------------------------------------ life

    def stop(self, *, at_once: bool = False) -> None:
        """Stop everything, close the test's sockets, and wait until nothing is left."""
        try:
            super().stop(at_once=at_once)
        finally:
            self._meeting.close()
            self._ports.close()

    def __enter__(self) -> Self:
        try:
            return super().__enter__()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if error is None:
            self.check()

    def _hear(self, report: Report) -> None:
        if isinstance(report, StateChanged):
            death = death_in(report)
            if death is not None:
                with self._changed:
                    self._deaths.append(death)
        super()._hear(report)

    def _isolate(self, plan: Plan) -> Plan:
        self._isolated = isolated(plan, pick_port=self._ports.pick, without=self._without, keep=self._keep)
        if not self._isolated.plan.units:
            raise RunError("no node is left to be started", "leave fewer out")
        return self._isolated.plan

    def _look(self) -> Lookup:
        if self._isolated is None:
            raise RunError("this system has not been started", "use it in a `with` block")
        return Lookup(self._topology, self._isolated, self.addresses())


def _kept(topology: Topology, names: Collection[str]) -> tuple[str, ...]:
    """The addresses behind entries of `keep`. Raises UsageError for what is neither."""
    return tuple(_kept_ones(topology, names))


def _kept_ones(topology: Topology, names: Collection[str]) -> Iterator[str]:
    for name in names:
        endpoint, socket = topology.endpoints.get(name), topology.socket(name)
        if "://" in name:
            yield name
        elif endpoint is not None:
            yield endpoint.address
        elif socket is not None:
            for address in (*socket.binds, *socket.connects):
                known = topology.endpoints.get(address.text)
                yield address.text if known is None else known.address
        else:
            raise UsageError(
                f"{name!r} is no address, no endpoint and no socket of {topology.name}",
                "for example keep=['tcp://127.0.0.1:5555']",
            )
