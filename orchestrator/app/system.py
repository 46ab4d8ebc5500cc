"""A running topology under a supervisor in a thread of this process, for scripts, notebooks and tests."""

from __future__ import annotations

import asyncio
import atexit
import secrets
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

from orchestrator.app import up
from orchestrator.errors import OrchestratorError, RunError
from orchestrator.model.types import Topology
from orchestrator.runtime.reports import OutputLine, Report, StateChanged, TopologyEnded, TopologyReady
from orchestrator.vocabulary import NodeState

if TYPE_CHECKING:
    from orchestrator.app.serving import Running
    from orchestrator.planning.types import Plan
    from orchestrator.runtime.supervisor import Outcome, Supervisor
    from orchestrator.supervision.status import Snapshot

_T = TypeVar("_T")

_KEPT: Final = 10_000
"""Reports kept for `events`; older ones are forgotten."""


class System:
    """What `Topology.up()` returns. Everything here may be called from any thread.

    Leaving the `with` block stops the topology; if it has failed by then, RunError says how.
    """

    def __init__(
        self,
        topology: Topology,
        *,
        profiles: Collection[str] = (),
        environ: Mapping[str, str],
        adjust: Callable[[Plan], Plan] | None = None,
    ) -> None:
        """`adjust` makes the plan that is carried out from the one that the topology asks for."""
        self._adjust = adjust
        self._topology = topology
        self._profiles = tuple(profiles)
        self._environ = dict(environ)
        self._changed = threading.Condition()
        self._reports: deque[Report] = deque(maxlen=_KEPT)
        self._states: dict[str, NodeState] = {}
        self._ready = False
        self._outcome: Outcome | None = None
        self._error: BaseException | None = None
        self._supervisor: Supervisor | None = None
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------------ life

    def start(self) -> Self:
        """Start everything; returns once the supervisor runs. `with` does this.

        Without `with` it runs until `stop`, at the latest until the interpreter ends.
        """
        if self._thread is not None:
            raise RunError("this system has been started before", "call Topology.up() for a new one")
        # a daemon: the interpreter would wait for another thread before it calls what atexit holds
        name = f"orchestrator-{self._topology.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        atexit.register(self.stop)
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: bool(self._states) or self._over)
        self._raise_error()
        return self

    def stop(self, *, at_once: bool = False) -> None:
        """Stop everything and wait until nothing is left. Does nothing when it has ended already."""
        self._call(lambda supervisor: supervisor.stop("asked to stop", at_once=at_once))
        if self._thread is not None:
            self.wait()
            self._thread.join()
            atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if error is None:
            self.raise_failure()

    # ------------------------------------------------------------------ what can be seen

    @property
    def states(self) -> dict[str, NodeState]:
        """unit -> its state, now."""
        with self._changed:
            return dict(self._states)

    @property
    def events(self) -> tuple[Report, ...]:
        """What has happened so far, oldest first; the last ten thousand reports."""
        with self._changed:
            return tuple(self._reports)

    def output(self, unit: str) -> list[str]:
        """The lines that a unit has written so far, as far as they are kept."""
        return [r.text for r in self.events if isinstance(r, OutputLine) and r.unit == unit]

    def snapshot(self) -> Snapshot:
        """States, pids, restarts and reasons of all units. Raises RunError once the topology has ended."""
        return self._ask(lambda supervisor: supervisor.snapshot())

    def plan(self) -> Plan:
        """What runs: units, launches, addresses as planned. Raises RunError once the topology has ended."""
        return self._ask(lambda supervisor: supervisor.plan)

    def addresses(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """(instance, socket) -> where it can be reached, for all sockets that bind, as far as it is known.

        Raises RunError once the topology has ended.
        """
        return self._ask(lambda supervisor: supervisor.links().bound())

    # ------------------------------------------------------------------ what can be waited for

    def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until every unit is ready.

        Raises RunError when the topology ends before that, or `timeout` seconds pass.
        """
        self._check_started()
        with self._changed:
            self._changed.wait_for(self._is_decided, timeout)
            ready, over, states = self._ready, self._over, dict(self._states)
        self._raise_error()
        if ready:
            return
        if self._outcome is not None and self._outcome.failed:
            raise RunError(f"{self._topology.name} has ended: {self._outcome.reason}")
        late = ", ".join(f"{unit} is {state}" for unit, state in states.items() if state != NodeState.READY)
        raise RunError(
            f"{self._topology.name} {'has ended' if over else f'is not ready after {timeout:g} s'}: {late}"
        )

    def wait_for(self, holds: Callable[[Report], bool], timeout: float | None = None) -> Report:
        """The first report for which `holds` is true; those of the past count.

        Raises RunError when the topology ends before that, or `timeout` seconds pass.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while True:
                for report in self._reports:
                    if holds(report):
                        return report
                left = None if deadline is None else deadline - time.monotonic()
                if self._over or (left is not None and left <= 0):
                    raise RunError("it has not happened" + (": the topology has ended" if self._over else ""))
                self._changed.wait(left)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the topology has ended by itself, as one of tasks does; False when it has not."""
        self._check_started()
        # not `join`: a Ctrl-C in there makes Python 3.11 take the thread for ended (bpo-45274)
        with self._changed:
            return self._changed.wait_for(lambda: self._over, timeout)

    # ------------------------------------------------------------------ what can be done

    def restart(self, unit: str) -> None:
        """Replace a unit's process. Raises RunError for a unit that does not exist."""
        self._check_unit(unit)
        self._call(lambda supervisor: supervisor.restart(unit))

    def kill(self, unit: str, signum: int = signal.SIGTERM) -> None:
        """Send a signal to a unit's process; the supervisor judges what follows as if it came by itself."""
        if signum not in signal.valid_signals():
            raise RunError(f"{signum} is no signal", "for example signal.SIGKILL")
        self._check_unit(unit)
        self._call(lambda supervisor: supervisor.signal(unit, signum))

    def raise_failure(self) -> None:
        """Raise RunError when the topology has failed."""
        self._raise_error()
        if self._outcome is not None and self._outcome.failed:
            raise RunError(f"{self._topology.name} failed: {self._outcome.reason}")

    # ------------------------------------------------------------------ the supervisor's thread

    @property
    def _over(self) -> bool:
        return self._outcome is not None or self._error is not None

    def _is_decided(self) -> bool:
        """Whether `wait_ready` has nothing to wait for any more."""
        return self._ready or self._over

    def _run(self) -> None:
        outcome, error = None, None
        try:
            outcome = asyncio.run(
                up.run(
                    self._topology,
                    up.warm_engine(nodes=any(node.is_python for node in self._topology.nodes.values())),
                    environ=self._environ,
                    profiles=self._profiles,
                    began=self._began,
                    project=f"{self._topology.name[:20]}-{secrets.token_hex(4)}",
                    ephemeral=True,
                    adjust=self._adjust,
                )
            )
        except BaseException as caught:  # noqa: BLE001 - carried to the thread that asked: `_raise_error`
            error = caught
        with self._changed:
            self._outcome, self._error, self._supervisor = outcome, error, None
            self._changed.notify_all()

    def _began(self, running: Running) -> None:
        self._loop = asyncio.get_running_loop()
        self._supervisor = running.supervisor
        running.hub.subscribe(self._hear, output=True)

    def _hear(self, report: Report) -> None:
        with self._changed:
            self._reports.append(report)
            match report:
                case StateChanged():
                    self._states[report.unit] = report.new
                    self._ready = self._ready and report.new in (NodeState.READY, NodeState.EXITED)
                case TopologyReady():
                    self._ready = True
                case TopologyEnded():
                    self._ready = self._ready and not report.failed
            self._changed.notify_all()

    def _call(self, work: Callable[[Supervisor], None]) -> bool:
        """Have the supervisor's thread do something; False when there is no supervisor (any more)."""
        with self._changed:
            supervisor = self._supervisor
            if supervisor is None or self._over:
                return False
            self._loop.call_soon_threadsafe(work, supervisor)
            return True

    def _ask(self, question: Callable[[Supervisor], _T]) -> _T:
        found: list[_T] = []
        done = threading.Event()

        def look(supervisor: Supervisor) -> None:
            found.append(question(supervisor))
            done.set()

        if not self._call(look) or not done.wait(10):
            raise RunError("the topology has ended")
        return found[0]

    def _check_started(self) -> None:
        if self._thread is None:
            raise RunError("this system has not been started", "use it in a `with` block")

    def _check_unit(self, unit: str) -> None:
        if unit not in self.states:
            raise RunError(f"there is no unit {unit!r}", f"the units are {', '.join(self.states)}")

    def _raise_error(self) -> None:
        if isinstance(self._error, OrchestratorError):
            raise type(self._error)(self._error.message, self._error.remedy) from self._error
        if self._error is not None:
            raise RunError(f"the supervisor broke: {self._error}") from self._error
