"""The life of one node instance inside its process: bind, import, connect, set up, ready, run, tear down."""

from __future__ import annotations

import _thread
import math
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import zmq

from orchestrator.host.counted import counted
from orchestrator.host.failures import Failure, from_error, from_exception, user_traceback
from orchestrator.host.guarding import is_rekeyed
from orchestrator.host.sharing import Shares
from orchestrator.host.spanning import Spanning
from orchestrator.host.tail import Tails
from orchestrator.host.wiring import Addresses, Targets, Wiring
from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.control.draining import DRAINED, QUIET_S, TCP_QUIET_S
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.errors import NodeError, ParamsError, Stopped, TargetError
from orchestrator.sdk.reports.rejects import Rejects
from orchestrator.sdk.resolve import resolve
from orchestrator.sdk.running.runners import Runner, make_runner
from orchestrator.supervision.events import FailureCause
from orchestrator.transport.sockets import Context
from orchestrator.wire.control import Kind
from orchestrator.wire.launch import HostLaunch, InstanceLaunch

if TYPE_CHECKING:
    from orchestrator.host.gate import Gate
    from orchestrator.host.rekeying import Rekeying

_AIMING: Final = -1
"""The number of the hold on sockets that are about to get other targets."""

Report = Callable[[Kind, str, dict[str, Any] | None], None]


class Instance:
    """One node instance.

    `bind` is called on the main thread, `live` on the thread that will run it for good.
    """

    def __init__(self, launch: InstanceLaunch, host: HostLaunch, context: Context, report: Report) -> None:
        self.launch = launch
        self.control = NodeControl()
        self.gate: Gate | None = None
        """Who is asked about the peers of its sockets, where any is to be."""
        self.in_user_code = False
        """Whether the thread is inside setup or run: only there may it be interrupted."""
        self._host = host
        self._context = context
        self._report = report
        self._wiring: Wiring | None = None
        self._rekeying: Rekeying | None = None
        self._rekeying_lock = _thread.allocate_lock()
        self._shares = Shares()
        self._spanning = Spanning()
        self._told_to_connect = False
        self._runner: Runner | None = None

    @property
    def name(self) -> str:
        return self.launch.instance

    # ------------------------------------------------------------- before it runs

    def bind(self) -> dict[str, list[str]]:
        """Make and bind the sockets, and report their addresses. Raises Failure."""
        self._wiring = wiring = Wiring(self.launch, self._context, self.gate)
        bound = wiring.bind()
        if any(is_rekeyed(socket) for socket in self.launch.sockets):
            from orchestrator.host.rekeyed import Rekeyed
            from orchestrator.host.rekeying import Rekeying
            from orchestrator.host.trial import Trial

            make_trial = partial(Trial, self._context)
            self._rekeying = Rekeying(self.launch, Rekeyed(wiring), self.control, make_trial)
        self._report(Kind.BOUND, self.name, {"addresses": bound})
        return bound

    def learn(self, addresses: Addresses, targets: Targets, *, final: bool) -> None:
        """Addresses of binders, and new targets of this instance's sockets, from any thread.

        `final`: the supervisor says that there is no more to wait for.
        """

        def apply() -> None:
            self._told_to_connect |= final
            if self._wiring is not None:  # it may have ended meanwhile
                self._wiring.aim(targets)
                self._wiring.connect(addresses)
            if targets:
                self.control.release(_AIMING)

        for socket in targets:  # nothing goes to those that are to be left, from now on
            self.control.hold(socket, _AIMING, math.inf)
        self.control.post(apply)

    def tidy(self, now: float) -> float | None:
        """Have it leave what it could not leave yet, and look after its keys, from any thread. How soon it
        wants that again, if it does."""
        wiring, rekeying = self._wiring, self._rekeying
        if wiring is not None and wiring.leaving:
            self.control.post(wiring.tidy)
        if rekeying is None:
            return None
        with self._rekeying_lock:
            return rekeying.tick(now, time.time()) if self._rekeying is rekeying else None

    def finish(self, on_quiet: Callable[[], None]) -> None:
        """Have it finish what it has, from any thread; `on_quiet` is called once, or more often, when it
        has. One that receives nothing, or has not come so far, has nothing to finish."""
        if any(socket.type in DRAINED for socket in self.launch.sockets):
            wiring = self._wiring
            tcp = wiring is not None and wiring.uses_tcp
            self.control.finish(on_quiet, TCP_QUIET_S if tcp else QUIET_S)
        else:
            self.control.stop()

    @property
    def finished(self) -> bool:
        """Whether it has nothing left to do, as far as it was asked to finish."""
        drain = self.control.drain
        return self._wiring is None or self.control.stopping or (drain is not None and drain.quiet)

    def live(self, known: Addresses) -> None:
        """Everything from the import of the user's code to its end.

        Raises Failure, Stopped, or SystemExit.
        """
        assert self._wiring is not None
        wiring = self._wiring
        self.control.enter()
        wiring.connect(known)
        runner = self._runner = self._build(wiring)
        self._wait_for(lambda: wiring.complete or self._told_to_connect)
        self._setup(runner)
        self._wait_for_peers(wiring)
        self._report(Kind.READY, self.name, None)
        try:
            self._run(runner)
        finally:
            self._teardown(runner)
            for socket in self.control.sockets:
                socket.end()

    def close(self, linger_s: float, tails: Tails) -> None:
        """Close the sockets, once. What is queued still leaves: within `linger_s` when the node is to stop,
        else in its time. A node that has done its work and ends by itself must not lose the end of it because
        a reader is slow."""
        if self._rekeying is not None:
            with self._rekeying_lock:
                self._rekeying.close()
                self._rekeying = None
        if self._wiring is not None:
            self._wiring.close(round(linger_s * 1000) if self.control.stopping else -1, tails)
            self._wiring = None
            self._shares.close()
        self._spanning.close()
        self.control.progress.busy_since = 0.0

    # ------------------------------------------------------------------ the parts

    def _build(self, wiring: Wiring) -> Runner:
        target = self._resolve()
        sockets = wiring.sockets(self.control, self._host.directory, again=self._host.attempt > 1)
        self._shares.fit(sockets, self.launch, self._host.run_dir, wiring.watches)
        self._spanning.fit(sockets, self.launch, self._host.topology)
        rejects = Rejects(self.name, on_error=self.launch.on_error, chores=self.control.chores)
        rejects.watch(sockets, self.launch.dead_letter)
        self.control.rejects = rejects
        context = NodeContext(
            name=self.launch.instance,
            node=self.launch.node,
            replica=self.launch.replica,
            params=self.launch.params,
            sockets=sockets,
            control=self.control,
        )
        with self._user_code(FailureCause.SETUP):
            return make_runner(target, context)

    def _resolve(self) -> object:
        if self.launch.function is not None:
            return self.launch.function
        target = self.launch.target or ""
        try:
            with self._user_code(FailureCause.IMPORT):
                if target.startswith("stock:"):
                    return stock_node(target.removeprefix("stock:"))
                return resolve(target, self._host.directory)
        except TargetError as error:
            if error.cause is None:
                raise from_error(FailureCause.IMPORT, error, permanent=True) from error
            missing = isinstance(error.cause, ImportError)
            hopeless = missing or isinstance(error.cause, SyntaxError)
            failure = from_exception(FailureCause.IMPORT, error.cause, permanent=hopeless)
            failure.reason = error.message if missing else failure.reason
            raise failure from error

    def _setup(self, runner: Runner) -> None:
        with self._user_code(FailureCause.SETUP):
            runner.setup()

    def _run(self, runner: Runner) -> None:
        with self._user_code(FailureCause.USER_CODE):
            if not self.control.stopping:
                runner.run()

    def _teardown(self, runner: Runner) -> None:
        """An error here is reported, and changes nothing: the node ends anyway."""
        try:
            runner.teardown()
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - the user's code may raise anything
            sys.stderr.write(f"teardown: {user_traceback(error)}\n")
        if self.control.rejects is not None:
            self.control.rejects.samples.flush()

    def _wait_for(self, holds: Callable[[], bool]) -> None:
        while not holds():
            if self.control.ending:
                raise Stopped
            zmq.zmq_poll([(self.control.wake.fd, zmq.POLLIN)], -1)
            self.control.run_commands()

    def _wait_for_peers(self, wiring: Wiring) -> None:
        needed = [(wiring.watches[name], count) for name, count in self.launch.peers_needed.items()]
        if not needed:
            return
        readers = [watch.lend() for watch, _ in needed]
        interest = [(fd, zmq.POLLIN) for fd in (self.control.wake.fd, *readers)]
        while any(watch.read() < count for watch, count in needed):
            if self.control.ending:
                raise Stopped
            zmq.zmq_poll(interest, -1)
            self.control.run_commands()
        for watch, _ in needed:
            watch.give_back()

    def _user_code(self, cause: FailureCause) -> _UserCode:
        return _UserCode(self, cause)

    def has_news(self) -> bool:
        """Whether a peer of a socket came or went, or failed to come, since the links were last told."""
        wiring = self._wiring
        return wiring is not None and any(w.look() for w in wiring.watches.values())

    def beat(self, now: float, last_step_at: float, *, links: bool) -> dict[str, Any]:
        """The body of a BEAT, with its links or without.

        `last_step_at` is when the control thread last saw the number of steps change.
        """
        progress = self.control.progress
        since = progress.busy_since
        busy_s = max(0.0, now - max(since, last_step_at)) if since else 0.0
        all_counters = progress.sockets.copy()
        sockets = {name: counted(own, now, len(all_counters)) for name, own in all_counters.items()}
        body = {"steps": progress.steps, "busy_s": round(busy_s, 3), "sockets": sockets}
        meters = progress.meters.told()
        if meters:
            body["meters"] = meters
        return {**body, "links": self._links(now)} if links else body

    def _links(self, now: float) -> dict[str, Any]:
        wiring = self._wiring
        told = {} if wiring is None else {name: w.told(now) for name, w in wiring.watches.items()}
        return {name: links for name, links in told.items() if links is not None}


class _UserCode:
    """Entered around the user's code: it may be interrupted there, and what it raises becomes a Failure."""

    __slots__ = ("_cause", "_instance")

    def __init__(self, instance: Instance, cause: FailureCause) -> None:
        self._instance = instance
        self._cause = cause

    def __enter__(self) -> None:
        self._instance.in_user_code = True

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._instance.in_user_code = False
        match error:
            case None | Failure() | TargetError() | Stopped() | SystemExit():
                return
            case ParamsError():
                raise from_error(FailureCause.PARAMS, error, permanent=True) from error
            case NodeError() if self._cause is FailureCause.SETUP:
                raise from_error(self._cause, error, permanent=True) from error
            case zmq.ContextTerminated():
                raise Stopped from error
            case _:
                raise from_exception(self._cause, error) from error


def stock_node(name: str) -> object:
    """A node that some installed package registered (entry point group `orchestrator.nodes`).

    Raises TargetError.
    """
    from orchestrator.sdk.catalogue import find_node

    return find_node(name)
