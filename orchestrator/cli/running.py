"""The foreground run of `up`: the loop, the signals, and what is shown of it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Final

from orchestrator.cli import detached
from orchestrator.cli.outlet import Outlet
from orchestrator.cli.terminal import wants_colour
from orchestrator.projects.places import state_dir
from orchestrator.runtime import signals
from orchestrator.runtime.notify import Notifier
from orchestrator.runtime.reports import OutputLine, Remark, Report, TopologyReady, Vitals
from orchestrator.runtime.supervisor import Outcome, Supervisor
from orchestrator.vocabulary import NodeKind

if TYPE_CHECKING:
    from orchestrator.app.serving import Running
    from orchestrator.cli.printer import Printer
    from orchestrator.engines.local import LocalEngine
    from orchestrator.model.types import Topology
    from orchestrator.runtime.notify import ServiceManager


def run_in_foreground(
    args: argparse.Namespace,
    topology: Topology,
    engine: LocalEngine,
    pace: tuple[float, float],
    manager: ServiceManager | None = None,
) -> int:
    """Run to the end and return the exit code. `manager` is told how it goes."""
    from orchestrator.app import up
    from orchestrator.app.exit_of import ExitOf, check_node
    from orchestrator.runtime.metrics import parse_address

    descriptor = detached.status_descriptor()
    screen = Screen(_printer(args), pace) if descriptor is None else Quiet(_printer(args), descriptor)

    exit_of: ExitOf | None = None
    if args.exit_code_from is not None:
        check_node(topology, args.exit_code_from)

    def began(running: Running) -> None:
        nonlocal exit_of
        gc.freeze()
        gc.enable()
        screen.began(running)
        if args.exit_code_from is not None:
            exit_of = ExitOf(args.exit_code_from, running.supervisor)
            running.hub.subscribe(exit_of.hear)
        if manager is not None:
            running.hub.subscribe(Notifier(manager, running.supervisor.snapshot).hear)

    async def foreground() -> Outcome:
        return await up.run(
            topology,
            engine,
            profiles=tuple(args.profile),
            began=began,
            project=args.project,
            metrics=None if args.metrics is None else parse_address(args.metrics),
            keep=args.keep,
            watch=args.watch,
        )

    try:
        outcome = asyncio.run(foreground())
    finally:
        screen.close()
    if exit_of is not None and not screen.interrupted:
        return exit_of.code()
    return up.exit_code(outcome, interrupted=screen.interrupted)


def _tell_loss(error: OSError) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(
            f"warning: standard output cannot be written: {error.strerror}\n"
            "help: the topology runs on; what it says is lost until there is room again\n"
        )


def _printer(args: argparse.Namespace) -> Printer:
    if args.log_format == "json":
        from orchestrator.cli.jsonlines import JsonPrinter

        return JsonPrinter()
    from shutil import get_terminal_size

    from orchestrator.cli.printer import TextPrinter

    columns = get_terminal_size(fallback=(120, 24)).columns
    return TextPrinter(colour=wants_colour(args.color, sys.stdout), columns=columns)


class Screen:
    """Shows a run as it happens. What the reader is too slow for is counted, and said."""

    shows_output = True
    """Whether lines that nodes write are wanted."""

    def __init__(self, printer: Printer, pace: tuple[float, float]) -> None:
        self.interrupted = False
        """Whether Ctrl-C came."""
        self._printer = printer
        self._vitals_first_s, self._vitals_every_s = pace
        self._outlet: Outlet | None = None
        self._asked = 0
        self._left_out = 0

    def began(self, running: Running) -> None:
        """There is a supervisor now, and its loop runs."""
        supervisor = running.supervisor
        running.hub.subscribe(self.show, output=self.shows_output)
        self._outlet = Outlet(
            sys.stdout,
            gone=lambda: supervisor.stop("nobody reads the output any more"),
            lost=_tell_loss,
        )
        signals.install(supervisor, self._interrupted)
        if self._vitals_first_s > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(self._vitals_first_s, self._show_vitals, supervisor)

    def show(self, report: Report) -> None:
        """Show one report, or count it where there is no room for what a node wrote."""
        assert self._outlet is not None
        if self._outlet.full and isinstance(report, OutputLine | Vitals):
            self._left_out += 1
            return
        if self._left_out:
            text = f"{self._left_out} lines are not shown here: they came faster than they were read"
            self._left_out = 0
            self._outlet.write(self._printer.text(Remark(time=time.time(), unit=None, text=text)))
        self._outlet.write(self._printer.text(report))

    def close(self) -> None:
        """Write what is left to be shown."""
        if self._outlet is not None:
            self._outlet.close()

    def _interrupted(self, signum: int) -> None:
        assert self._outlet is not None
        self._asked += 2 if signals.is_quit(signum) else 1
        self.interrupted = self.interrupted or signum == signal.SIGINT
        self._outlet.write(self._printer.interrupted(self._asked))

    def _show_vitals(self, supervisor: Supervisor) -> None:
        if not supervisor.snapshot().stopping:
            self.show(supervisor.vitals())
            asyncio.get_running_loop().call_later(self._vitals_every_s, self._show_vitals, supervisor)


_HOLDS_S: Final = 0.3
"""How long programs that nothing tells to be ready must have run before the one who waits is let go: most
that cannot work end at once, for a wrong argument or a missing file."""


class Quiet(Screen):
    """Of a detached run: changes of state, for the one who waits, and later for `supervisor.log`."""

    shows_output = False

    def __init__(self, printer: Printer, descriptor: int) -> None:
        super().__init__(printer, (0.0, 0.0))
        self._descriptor: int | None = descriptor

    def began(self, running: Running) -> None:
        """There is a supervisor now, and its loop runs."""
        self._state_dir = state_dir(running.run_dir.record.project, os.environ)
        self._supervisor = running.supervisor
        super().began(running)

    def show(self, report: Report) -> None:
        """Show one report; once it is ready, and stays so for a moment, let the one who waits go."""
        super().show(report)
        if isinstance(report, TopologyReady) and self._descriptor is not None:
            units = self._supervisor.plan.units
            blind = any(u.ready is None and not u.is_python and u.kind is NodeKind.SERVICE for u in units)
            asyncio.get_running_loop().call_later(_HOLDS_S if blind else 0.0, self._let_go)

    def _let_go(self) -> None:
        if self._descriptor is None or not self._supervisor.snapshot().up:
            return
        descriptor, self._descriptor = self._descriptor, None
        self.close()
        detached.let_go(descriptor, self._state_dir)
        self._printer.plain()
