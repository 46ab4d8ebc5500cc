"""`orchestrator attach`: see a running topology as if it ran here."""

from __future__ import annotations

import argparse
import sys
import time
from shutil import get_terminal_size

from orchestrator.cli.targets import add_target_arguments, connect
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
    add_colour_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the topology has ended well or was left, 1 when it failed, 2 when no such topology runs."""
    from orchestrator.cli.printer import TextPrinter
    from orchestrator.client import SupervisorGoneError
    from orchestrator.runtime.records import report
    from orchestrator.runtime.reports import Remark, Report, TopologyEnded, TopologyStarting

    columns = get_terminal_size(fallback=(120, 24)).columns
    printer = TextPrinter(colour=wants_colour(args.color, sys.stdout), columns=columns)
    with connect(args) as client:
        status = client.call("status", units=args.node)
        units = tuple(unit["unit"] for unit in status["units"])
        project = status["project"]
        printer.text(TopologyStarting(time=0.0, topology=project, units=units, run_dir=""))
        try:
            for record in client.stream("follow", units=args.node, output=True):
                found: Report | None
                if record["event"] == "following":
                    sys.stderr.write(f"attached to {project}; Ctrl-C leaves it running\n")
                    continue
                if record["event"] == "missed":
                    text = f"{record['count']} lines are not shown here: they came faster than they were read"
                    found = Remark(time=time.time(), unit=None, text=text)
                else:
                    found = report(record)
                if found is not None:
                    sys.stdout.write(printer.text(found))
                    sys.stdout.flush()
                if isinstance(found, TopologyEnded):
                    return ExitCode.FINDINGS if found.failed else ExitCode.OK
        except KeyboardInterrupt:
            sys.stderr.write(f"{project} runs on\n")
            return ExitCode.OK
        except SupervisorGoneError:
            sys.stderr.write(f"error: the supervisor of {project} is gone\n")
    return ExitCode.FINDINGS
