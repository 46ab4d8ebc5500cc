"""`orchestrator init`: a commented topology and its nodes, to start from."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from orchestrator.errors import ExitCode

HELP = "Write a commented topology.yaml and nodes that run at once."
EXAMPLE = """
orchestrator init && orchestrator up topology.yaml
orchestrator init market
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "directory", nargs="?", default=".", metavar="DIR", help="where to write them (default: here)"
    )
    parser.add_argument("--name", help="the topology's name (default: the directory's)")


def run(args: argparse.Namespace) -> int:
    """0, or 2 when a file is there already or cannot be written."""
    from orchestrator.app.init import write

    directory = Path(args.directory)
    written = write(directory, name=args.name)
    for path in written:
        sys.stdout.write(f"wrote {path}\n")
    topology = shlex.quote(str(directory / "topology.yaml"))
    sys.stdout.write(f"\nnow try:  orchestrator up {topology}\n")
    return ExitCode.OK
