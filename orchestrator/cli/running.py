"""The foreground run of `up`: the loop, the signals, the printer."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from orchestrator.cli.terminal import wants_colour
from orchestrator.runtime.supervisor import Supervisor, install_signals

if TYPE_CHECKING:
    from orchestrator.cli.printer import Printer
    from orchestrator.model.types import Topology


def run_in_foreground(args: argparse.Namespace, topology: Topology, engine: object, stats_s: float) -> int:
    """Run to the end and return the exit code."""
    from orchestrator.app import up
    from orchestrator.cli.printer import JsonPrinter, TextPrinter
    from orchestrator.engines.local import LocalEngine

    assert isinstance(engine, LocalEngine)
    printer: Printer = (
        JsonPrinter(sys.stdout)
        if args.log_format == "json"
        else TextPrinter(sys.stdout, colour=wants_colour(args.color, sys.stdout))
    )
    interrupts: list[int] = []

    def interrupted(signum: int) -> None:
        interrupts.append(signum)
        printer.interrupted(len(interrupts))

    def began(supervisor: Supervisor) -> None:
        install_signals(supervisor, interrupted)
        if stats_s > 0:
            _show_vitals(supervisor, printer, stats_s)

    outcome = asyncio.run(
        up.run(topology, engine, tell=printer.show, profiles=tuple(args.profile), began=began)
    )
    return up.exit_code(outcome, interrupted=signal.SIGINT in interrupts)


def _show_vitals(supervisor: Supervisor, printer: Printer, every_s: float) -> None:
    loop = asyncio.get_running_loop()

    def show() -> None:
        if not supervisor.snapshot().stopping:
            printer.show(supervisor.vitals())
            loop.call_later(every_s, show)

    loop.call_later(every_s, show)
