"""Tells a service manager how the topology does: systemd's protocol, sd_notify(3), one datagram a message.

`take` before anything is started: what is for the supervisor must not reach nodes. `Notifier` listens to a
run. Sent are READY=1 once everything is ready, STATUS= at changes, STOPPING=1 once a stop has begun,
EXTEND_TIMEOUT_USEC= as long as start or stop take (our own limits end them), WATCHDOG=1 from a timer of the
loop that supervises, so that it stays out when that loop hangs; MAINPID= where somebody else was started.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Final

from orchestrator.runtime.reports import Report, TopologyEnded
from orchestrator.supervision.status import Snapshot, UnitSnapshot
from orchestrator.vocabulary import NodeState

VARIABLES: Final = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
COALESCE_S: Final = 0.1
"""Changes within this time are told together."""
EXTEND_EVERY_S: Final = 5.0
EXTEND_S: Final = 30.0
"""How often more time is asked for, and how much: several requests may be late before one is missed."""
_LONGEST: Final = 240
"""Characters of a status: it is one line of `systemctl status`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceManager:
    """Who started us, and what it wants to hear."""

    address: str
    """A path, or `@name` in the abstract namespace."""
    watchdog_s: float | None = None
    """It ends us when it has not heard WATCHDOG=1 for so long."""
    main_pid: int | None = None
    """Our id, where it takes another process for the service's."""

    def send(self, *lines: str) -> bool:
        """One message of `KEY=value` lines. Never waits; False when it could not be sent."""
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.setblocking(False)
                sock.sendto("\n".join(lines).encode(), address)
        except OSError:  # nobody is there, or it does not read: no reason to harm the topology
            return False
        return True


def take(environ: MutableMapping[str, str], *, detached: bool = False) -> ServiceManager | None:
    """Read the manager's variables, and remove them. None when there is no manager that we can talk to.

    `detached`: we are not the process that it started, but go on in its place.
    """
    address, usec, pid = (environ.pop(name, "") for name in VARIABLES)
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return None
    ours = detached or pid in ("", str(os.getpid()))
    watchdog = int(usec) / 1e6 if ours and usec.isdecimal() and int(usec) > 0 else None
    return ServiceManager(address=address, watchdog_s=watchdog, main_pid=os.getpid() if detached else None)


class Notifier:
    """Keeps a service manager informed of one run. Made on the loop that supervises; `close` ends it."""

    def __init__(self, manager: ServiceManager, look: Callable[[], Snapshot]) -> None:
        self._manager = manager
        self._look = look
        self._loop = asyncio.get_running_loop()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._told: set[str] = set()
        self._status = ""
        self._extend()
        if manager.watchdog_s is not None:
            self._feed(manager.watchdog_s / 2)

    def hear(self, report: Report) -> None:
        """Something has happened: tell in a moment how things are then, or at once that it is over."""
        if isinstance(report, TopologyEnded):
            how = "failed" if report.failed else "ended"
            self._send_once("STOPPING=1", status=f"{how}: {report.reason}")
        elif "update" not in self._timers:
            self._timers["update"] = self._loop.call_later(COALESCE_S, self._update)

    def close(self) -> None:
        """Send nothing more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _update(self) -> None:
        self._timers.pop("update", None)
        seen = self._look()
        status = describe(seen)
        if seen.stopping:
            self._send_once("STOPPING=1", status=status)
            if "extend" not in self._timers:
                self._extend()
        elif seen.up:
            main = () if self._manager.main_pid is None else (f"MAINPID={self._manager.main_pid}",)
            self._send_once("READY=1", *main, status=status)
        else:
            self._send_once(status=status)

    def _send_once(self, *lines: str, status: str) -> None:
        """Lines that were not sent before, and the status when it is another."""
        new = [line for line in lines if line not in self._told]
        if status != self._status:
            new.append(f"STATUS={status}")
        if new and self._manager.send(*new):
            self._told.update(lines)
            self._status = status

    def _extend(self) -> None:
        """More time, as long as it starts or stops."""
        self._timers.pop("extend", None)
        if "READY=1" in self._told and "STOPPING=1" not in self._told:
            return
        self._manager.send(f"EXTEND_TIMEOUT_USEC={int(EXTEND_S * 1e6)}")
        self._timers["extend"] = self._loop.call_later(EXTEND_EVERY_S, self._extend)

    def _feed(self, every_s: float) -> None:
        self._manager.send("WATCHDOG=1")
        self._timers["watchdog"] = self._loop.call_later(every_s, self._feed, every_s)


def describe(seen: Snapshot) -> str:
    """How a topology does, in one line: `starting: 3 of 5 ready; gateway is running: …`."""
    units = seen.units.values()
    if seen.stopping:
        left = sum(unit.pid is not None for unit in units)
        return _one_line(f"stopping: {seen.reason}; {left} of {len(units)} left")
    ready = sum(unit.ready for unit in units)
    ended = sum(unit.state is NodeState.EXITED for unit in units)
    text = f"{ready} of {len(units)} ready" + (f", {ended} ended" if ended else "")
    trouble = _first_trouble(units)
    if trouble is not None:
        text += f"; {trouble.unit} is {trouble.state}: {trouble.reason}"
    return _one_line(text if seen.up else f"not ready: {text}")


def _first_trouble(units: Iterable[UnitSnapshot]) -> UnitSnapshot | None:
    """What a person should look at first: what has failed, then what comes back, then what waits."""
    order = (NodeState.FAILED, NodeState.BACKOFF, NodeState.STOPPED, NodeState.RUNNING, NodeState.STARTING)
    found = [unit for unit in units if unit.state in order]
    return min(found, key=lambda unit: order.index(unit.state), default=None)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
