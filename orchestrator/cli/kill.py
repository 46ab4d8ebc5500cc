"""`orchestrator kill`: send a signal to nodes."""

from __future__ import annotations

import argparse
import sys

from orchestrator.cli.changing import add_node_arguments, write_json
from orchestrator.cli.targets import connect
from orchestrator.errors import ExitCode

HELP = "Send a signal to nodes; what follows is judged as if it came by itself."
EXAMPLE = """
orchestrator kill worker-2
orchestrator kill --signal SIGSTOP gateway
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_node_arguments(parser)
    parser.add_argument(
        "-s", "--signal", metavar="SIGNAL", default="SIGKILL", help="its name or number (default: SIGKILL)"
    )


def run(args: argparse.Namespace) -> int:
    """0; 2 for a signal, node or topology that does not exist."""
    with connect(args) as client:
        answer = client.call("kill", units=args.nodes, signal=args.signal)
    found, signal = answer["units"], answer["signal"]
    if args.format == "json":
        write_json({"signal": signal, "units": [{"unit": name, **unit} for name, unit in found.items()]})
        return ExitCode.OK
    for name, unit in found.items():
        told = "has no process" if unit["pid"] is None else f"{signal} sent to process {unit['pid']}"
        sys.stdout.write(f"{name}: {told}\n")
    return ExitCode.OK
