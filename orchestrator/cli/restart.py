"""`orchestrator restart`: replace the processes of nodes."""

from __future__ import annotations

import argparse

from orchestrator.cli.changing import Unit, add_node_arguments, add_waiting_arguments, carry_out

HELP = "Replace the processes of nodes, and wait until the new ones are ready."
EXAMPLE = """
orchestrator restart gateway
orchestrator restart --rolling worker    # one replica at a time
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_node_arguments(parser)
    parser.add_argument(
        "--rolling", action="store_true", help="one process at a time, each ready before the next"
    )
    add_waiting_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0; 1 when one has failed or it took too long; 2 for a node or topology that does not exist."""
    return carry_out(args, "restart", _done, rolling=args.rolling)


def _done(unit: Unit, before: int) -> bool:
    return bool(unit["settled"] or (unit["attempt"] > before and unit["state"] == "ready"))
