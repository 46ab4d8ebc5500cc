"""`orchestrator stop`: stop nodes of a running topology."""

from __future__ import annotations

import argparse

from orchestrator.cli.changing import Unit, add_node_arguments, add_waiting_arguments, carry_out

HELP = "Stop nodes; the others go on, and nothing starts these again but `start`."
EXAMPLE = """
orchestrator stop gateway
orchestrator stop worker -t market-data
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_node_arguments(parser)
    add_waiting_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0; 1 when one has failed or it took too long; 2 for a node or topology that does not exist."""
    return carry_out(args, "stop", _done)


def _done(unit: Unit, before: int) -> bool:
    del before
    return bool(unit["settled"] and unit["pid"] is None)
