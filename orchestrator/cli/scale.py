"""`orchestrator scale`: more or fewer replicas of nodes that run."""

from __future__ import annotations

import argparse

from orchestrator.cli import rollouts
from orchestrator.cli.targets import add_format_argument, add_target_arguments
from orchestrator.errors import UsageError

HELP = "Change the number of replicas of nodes that run; those that go finish first."
EXAMPLE = """
orchestrator scale worker=5
orchestrator scale worker=2 gateway=3 -t market-data
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "replicas", metavar="NODE=N", nargs="+", help="a node, and how many replicas it is to have"
    )
    add_target_arguments(parser, positional=False)
    add_format_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 once they are ready; 1 when it was taken back; 2 for a node or a number that cannot be."""
    wanted: dict[str, int] = {}
    for word in args.replicas:
        name, count = _read(word)
        if wanted.setdefault(name, count) != count:
            raise UsageError(f"{name} cannot have {wanted[name]} and {count} replicas", "name each node once")
    return rollouts.change(args, f"scale {' '.join(args.replicas)}", replicas=wanted)


def _read(word: str) -> tuple[str, int]:
    name, equals, count = word.partition("=")
    if not name or not equals or not (count.isascii() and count.isdigit()):
        raise UsageError(f"{word!r} is no node and number", "write it as worker=3")
    return name, int(count)
