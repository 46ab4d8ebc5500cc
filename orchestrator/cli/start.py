"""`orchestrator start`: start nodes of a running topology."""

from __future__ import annotations

import argparse

from orchestrator.cli.changing import Unit, add_node_arguments, add_waiting_arguments, carry_out

HELP = "Start nodes that were stopped or have failed, and wait until they are ready."
EXAMPLE = """
orchestrator start gateway
orchestrator start worker-2 -t market-data
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_node_arguments(parser)
    add_waiting_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0; 1 when one has failed or it took too long; 2 for a node or topology that does not exist."""
    return carry_out(args, "start", _done)


def _done(unit: Unit, before: int) -> bool:
    del before
    return bool(unit["state"] == "ready" or unit["settled"])
