"""`orchestrator new`: a further node for a topology, with its test."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from orchestrator.cli.completion_kinds import Kind, takes
from orchestrator.errors import ExitCode

HELP = "Write a Python node with typed sockets and params, and a test of it."
EXAMPLE = """
orchestrator new node strategy && pytest test_strategy.py
orchestrator new node clock --kind source --to topology.yaml
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from orchestrator.app.new_node import KINDS

    parser.add_argument("what", choices=("node",), help="what to write")
    takes(parser.add_argument("name", metavar="NAME", help="the node's name, as in strategy or order-book"))
    parser.add_argument(
        "--kind",
        choices=KINDS,
        default=KINDS[0],
        help="a class with a method per socket (default), a function for each message, "
        "a generator that is a source, a class on asyncio",
    )
    parser.add_argument(
        "--dir", metavar="DIR", help="where to write (default: here, or with --to beside FILE)"
    )
    takes(
        parser.add_argument("--to", metavar="FILE", help="the topology file to add the node to"),
        Kind.TOPOLOGY,
    )


def run(args: argparse.Namespace) -> int:
    """0, or 2 when a file is there already or the node cannot be added."""
    from orchestrator.app.new_node import write

    topology = None if args.to is None else Path(args.to)
    beside = Path() if topology is None else topology.parent
    directory = beside if args.dir is None else Path(args.dir)
    written = write(args.name, kind=args.kind, directory=directory, topology=topology)
    for path in written.files:
        sys.stdout.write(f"wrote {path}\n")
    if topology is None:
        shown = "".join(f"  {line}" for line in written.place.splitlines(keepends=True))
        sys.stdout.write(f"\nbelow `nodes` of the topology in that directory:\n\n{shown}")
    else:
        sys.stdout.write(f"added {args.name} to {topology}\n")
    sys.stdout.write(f"\nnow try:  pytest {shlex.quote(str(written.test))}\n")
    return ExitCode.OK
