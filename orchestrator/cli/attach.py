"""`orchestrator attach`: see a running topology as if it ran here."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from shutil import get_terminal_size
from typing import Any

from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode

HELP = "Show what a running topology writes and does; Ctrl-C leaves it running."
EXAMPLE = """
orchestrator attach
orchestrator attach market-data --node gateway
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser, positional=True)
    parser.add_argument(
        "--node", action="append", default=[], metavar="NODE", help="this node alone; may be repeated"
    )
    add_format_argument(parser)
    add_colour_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the topology has ended well or was left, 1 when it failed, 2 when no such topology runs."""
    from orchestrator.client import SupervisorGoneError

    with connect(args) as client:
        status = client.call("status", units=args.node)
        project = status["project"]
        show = _show_json if args.format == "json" else _text(args, status)
        try:
            for record in client.stream("follow", units=args.node, output=True):
                show(record)
                if record["event"] == "topology_ended":
                    return ExitCode.FINDINGS if record["failed"] else ExitCode.OK
        except KeyboardInterrupt:
            sys.stderr.write(f"{project} runs on\n")
            return ExitCode.OK
        except SupervisorGoneError:
            sys.stderr.write(f"error: the supervisor of {project} is gone\n")
    return ExitCode.FINDINGS


def _show_json(record: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


def _text(args: argparse.Namespace, status: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    from orchestrator.cli.printer import TextPrinter
    from orchestrator.runtime.records import report
    from orchestrator.runtime.reports import Remark, TopologyStarting

    columns = get_terminal_size(fallback=(120, 24)).columns
    printer = TextPrinter(colour=wants_colour(args.color, sys.stdout), columns=columns)
    units = tuple(unit["unit"] for unit in status["units"])
    printer.text(TopologyStarting(time=0.0, topology=status["project"], units=units, run_dir=""))

    def show(record: dict[str, Any]) -> None:
        found = report(record)
        if record["event"] == "following":
            sys.stderr.write(f"attached to {status['project']}; Ctrl-C leaves it running\n")
        elif record["event"] == "missed":
            told = f"{record['count']} lines are not shown here: they came faster than they were read"
            found = Remark(time=time.time(), unit=None, text=told)
        if found is not None:
            sys.stdout.write(printer.text(found))
            sys.stdout.flush()

    return show
