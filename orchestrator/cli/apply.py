"""`orchestrator apply`: a running topology becomes what its changed file describes."""

from __future__ import annotations

import argparse
import os

from orchestrator.cli import rollouts
from orchestrator.cli.plan import add_changed_file, aim
from orchestrator.cli.targets import add_format_argument

HELP = (
    "Make a running topology what its changed file describes. Only what has\n"
    "changed is touched; what does not become ready is taken back, with all else."
)
EXAMPLE = """
orchestrator plan topology.yaml && orchestrator apply topology.yaml
orchestrator apply topology.yaml -t market-data-2
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_changed_file(parser)
    add_format_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 once it runs as the file says; 1 when it was taken back; 2 when FILE has errors or does not run."""
    aim(args)
    file = os.path.realpath(args.file)
    return rollouts.change(args, f"apply {args.file}", file=file)
