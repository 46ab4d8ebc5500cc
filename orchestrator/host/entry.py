"""`main`: from the launch parcel to the exit code of a Python node process."""

from __future__ import annotations

import contextlib
import pickle
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from orchestrator.host.failures import Failure, user_traceback
from orchestrator.host.finishing import STOP_LINGER_MS, Finishing
from orchestrator.host.guarding import is_guarded
from orchestrator.host.instance import Instance
from orchestrator.host.interrupt import Interrupter
from orchestrator.host.link import ControlLink
from orchestrator.host.orders import Addresses, Hold, Tap, Targets
from orchestrator.host.pulse import Pulse
from orchestrator.host.tail import Tails
from orchestrator.sdk.errors import Stopped
from orchestrator.transport.sockets import make_context
from orchestrator.wire.control import Kind
from orchestrator.wire.launch import HostLaunch

if TYPE_CHECKING:
    from orchestrator.host.taps import Taps

_STACK_BYTES = 256 * 1024
"""For the control and heartbeat threads; the default of 8 MiB is address space that containers may count."""


def main(payload: bytes) -> int:
    """Run a unit: `payload` is a `HostLaunch` pickled by dill. Returns the exit code of the process.

    0 after a clean end, 1 when a node failed (it has said why on stderr and on the control channel), or what
    the user's code gave to `sys.exit`. Must be called on the main thread of a process that has no ZeroMQ
    context yet.
    """
    _buffer_by_line(sys.stdout, sys.stderr)
    try:
        launch = unpack(payload)
    except Exception as error:  # noqa: BLE001 - the user's modules are imported here, and may raise anything
        sys.stderr.write(f"{user_traceback(error)}\n")
        return 1
    return Unit(launch).run()


def unpack(payload: bytes) -> HostLaunch:
    """Read the launch parcel. Raises whatever the modules named in it raise when they are imported."""
    if b"dill" in payload:
        import dill

        launch = dill.loads(payload)
    else:  # nothing in it needs dill's reader, which costs each process half a millisecond
        launch = pickle.loads(payload)
    if not isinstance(launch, HostLaunch):
        raise TypeError(f"the launch parcel holds {type(launch).__name__}, expected HostLaunch")
    return launch


def _buffer_by_line(*streams: TextIO) -> None:
    """A line is seen when it is printed, and no character that the terminal lacks can end a node."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a test's replacement may not have it
            reconfigure(line_buffering=True, errors="backslashreplace")


_MAX_SOCKETS = 1023
"""What libzmq allows a context by default; the monitor of a socket has two more."""

TELL_S = 5.0
"""A node that waits so long for its peers to take its last messages says so."""


class Unit:
    """One process with its instances: the first on the main thread, a thread of its own for each other
    one."""

    def __init__(self, launch: HostLaunch) -> None:
        self._launch = launch
        self._context = make_context(_MAX_SOCKETS + 2 * sum(len(i.sockets) for i in launch.instances))
        self._tails = Tails()
        self._exit_code = 0
        self._asked_to_stop = False
        self._taps: Taps | None = None
        self._instances: list[Instance] = []
        self._interrupter = Interrupter(
            grace_s=launch.stop_grace_s,
            on_stop=self._stop,
            interruptible=lambda: self._instances[0].in_user_code,
        )
        self._interrupter.install()
        previous = threading.stack_size(_STACK_BYTES)
        self._pulse = Pulse(launch.heartbeat_interval_s)
        self._finishing = Finishing(launch.stop_grace_s, lambda: self._instances, self._stop)
        self._link = ControlLink(
            launch,
            on_stop=self._end,
            on_connect=self._connect,
            on_hold=self._hold,
            on_release=self._release,
            on_tap=self._tap,
            beats=lambda now, last: self._pulse.beats(now, self._instances, last=last),
            on_tick=self._tick,
        )
        self._instances = [
            Instance(instance, launch, self._context, self._link.report) for instance in launch.instances
        ]
        self._guard()
        self._stack_size = previous
        if self._asked_to_stop:  # SIGTERM came before there was anybody to be told
            self._stop()

    def _guard(self) -> None:
        """Let in whom the topology allows, where it says so, and keep its keys."""
        if any(socket.security is not None for i in self._launch.instances for socket in i.sockets):
            from orchestrator.host.secrecy import leave_no_dumps

            leave_no_dumps()
        if any(is_guarded(socket) for i in self._launch.instances for socket in i.sockets):
            from orchestrator.host.gate import open_gate

            gate = open_gate(self._launch.instances, self._context)
            for instance in self._instances:
                instance.gate = gate

    def run(self) -> int:
        """Everything. Returns the exit code."""
        try:
            known = dict(self._launch.addresses)
            if self._bind(known):
                self._link.start()
                threading.stack_size(self._stack_size)  # the user's own threads get what they are used to
                self._live(known)
        finally:
            self._close()
        return self._exit_code

    def _bind(self, known: dict[tuple[str, str], tuple[str, ...]]) -> bool:
        """Bind all instances before any connects: what is bound in this process is known without asking."""
        for instance in self._instances:
            try:
                for socket, addresses in instance.bind().items():
                    known[instance.name, socket] = tuple(addresses)
            except Failure as failure:
                self._fail(instance, failure)
                return False
        return True

    def _live(self, known: Addresses) -> None:
        first, *others = self._instances
        threads = [
            threading.Thread(target=self._live_one, args=(other, known), name=other.name, daemon=True)
            for other in others
        ]
        for thread in threads:
            thread.start()
        self._live_one(first, known)
        for thread in threads:
            thread.join()

    def _live_one(self, instance: Instance, known: Addresses) -> None:
        try:
            instance.live(known)
        except Failure as failure:
            self._fail(instance, failure)
        except Stopped:
            pass
        except SystemExit as exit_:
            self._user_exit(exit_)
        finally:
            self._close_sockets(instance)

    def _fail(self, instance: Instance, failure: Failure) -> None:
        body: dict[str, Any] = {
            "cause": failure.cause.value,
            "reason": failure.reason,
            "permanent": failure.permanent,
        }
        self._link.report(Kind.FAILED, instance.name, body)
        sys.stderr.write(failure.text.rstrip("\n") + "\n")
        self._exit_code = 1
        self._stop()

    def _user_exit(self, exit_: SystemExit) -> None:
        """`sys.exit` in a node means what it means in a program."""
        if exit_.code is None:
            return
        if isinstance(exit_.code, int):
            self._exit_code = exit_.code & 0xFF
        else:
            sys.stderr.write(f"{exit_.code}\n")
            self._exit_code = 1

    def _stop(self) -> None:
        """From the control thread, a signal handler, or a failed sibling."""
        self._asked_to_stop = True
        for instance in self._instances:
            instance.control.stop()
        if self._instances:
            self._link.tick()

    def _end(self, drain_s: float | None) -> None:
        """The supervisor's STOP, on the control thread."""
        if drain_s is None:
            self._stop()
        else:
            self._finishing.begin(time.monotonic(), drain_s)

    def _tick(self, now: float) -> float | None:
        if self._taps is not None:
            self._taps.tick(now)
        due = [i.tidy(now) for i in self._instances]
        due.append(self._finishing.tick(now))
        soon = [seconds for seconds in due if seconds is not None]
        if soon:
            return min(soon)
        return self._interrupter.tick(now, self._instances[0].control.stopping, self._finishing.began)

    def _connect(self, addresses: Addresses, targets: Targets) -> None:
        for instance in self._instances:
            own = {socket: found for (name, socket), found in targets.items() if name == instance.name}
            instance.learn(addresses, own, final=True)

    def _hold(self, hold: Hold) -> None:
        until = time.monotonic() + hold.seconds
        for instance in self._instances:
            for name, socket in hold.sockets:
                if name == instance.name:
                    instance.control.hold(socket, hold.number, until)

    def _release(self, number: int) -> None:
        for instance in self._instances:
            instance.control.release(number)

    def _tap(self, order: Tap) -> None:
        if self._taps is None:
            from orchestrator.host.taps import Taps  # few processes are ever tapped

            self._taps = Taps(lambda: {instance.name: instance.control for instance in self._instances})
        self._taps.order(order, time.monotonic())

    def _close(self) -> None:
        for instance in self._instances:
            self._close_sockets(instance)
        self._deliver()
        self._await_threads()
        self._link.close()
        if self._taps is not None:
            self._taps.close()
        for instance in self._instances:
            instance.control.close()
        with contextlib.suppress(
            OSError, ValueError
        ):  # a closed pipe at the other end is no reason to fail now
            sys.stdout.flush()
            sys.stderr.flush()

    def _close_sockets(self, instance: Instance) -> None:
        instance.close(self._finishing.linger_s(time.monotonic()), self._tails)

    def _deliver(self) -> None:
        """Wait until what was sent has been taken; not for long once the node is to stop."""
        patience = Patience(
            lambda: self._instances[0].control.stopping and not self._lingers_by_choice(),
            self._finishing.linger_s,
        )
        term = threading.Thread(target=self._context.term, name="linger", daemon=True)
        term.start()
        while term.is_alive() and patience.lasts():
            term.join(0.05)
        self._tails.end()
        while not self._tails.wait(0.05) and patience.lasts():
            pass
        self._tails.close()

    def _await_threads(self) -> None:
        """Threads of the user's that are no daemons end first, as in any Python program. Until then the
        control link lives: a node that still works is not frozen. One that has failed is not waited for.
        """
        if self._exit_code or not _user_threads():
            return
        # What the interpreter does at its end, which tells the workers of executors to end as well.
        ending = threading.Thread(target=threading._shutdown, name="ending", daemon=True)  # type: ignore[attr-defined]
        ending.start()
        ending.join(TELL_S)
        if ending.is_alive():
            names = ", ".join(thread.name for thread in _user_threads())
            sys.stderr.write(f"done, but threads still run: waiting for {names}\n")
            ending.join()

    def _lingers_by_choice(self) -> bool:
        return any("linger" in s.options for i in self._launch.instances for s in i.sockets)


def _user_threads() -> list[threading.Thread]:
    main = threading.main_thread()
    return [thread for thread in threading.enumerate() if not thread.daemon and thread is not main]


class Patience:
    """How long the end of a node may take: as long as it needs, but twice the linger once it is to stop (and
    no longer than what is left of its grace where it was to finish what it has)."""

    def __init__(self, stopping: Callable[[], bool], linger_s: Callable[[float], float]) -> None:
        self._stopping = stopping
        self._linger_s = linger_s
        self._began = time.monotonic()
        self._until: float | None = None
        self._told = False

    def lasts(self) -> bool:
        now = time.monotonic()
        if self._stopping():
            if self._until is None:
                self._until = now + max(2 * STOP_LINGER_MS / 1000, self._linger_s(now))
            return now < self._until
        if not self._told and now - self._began > TELL_S:
            self._told = True
            sys.stderr.write("done, but what was sent has not been taken yet: waiting for the peers\n")
        return True


__all__ = ["Unit", "main", "unpack"]
