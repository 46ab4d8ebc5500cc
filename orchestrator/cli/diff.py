"""`orchestrator diff`: what changed between two topologies, and what that breaks."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestrator.cli.completion_kinds import Joined, takes
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.app.diff import Side

HELP = "Tell what changed between two topologies; exit 1 where that breaks the wire."
EXAMPLE = """
orchestrator diff git:main:topology.yaml topology.yaml
orchestrator diff old.yaml new.yaml --format markdown --fail-on endpoint
"""
_STDIN = "<stdin>"
_CLASSES = ("wire", "endpoint", "process", "cosmetic")
_FORMATS = ("text", "json", "markdown")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="a topology file, git:REV:path, or -")
    parser.add_argument("new", metavar="NEW", help="the same, of what it is now")
    parser.add_argument(
        "-f",
        "--format",
        choices=_FORMATS,
        default="text",
        metavar="FORMAT",
        help="text (default), json, markdown",
    )
    parser.add_argument(
        "--fail-on",
        choices=(*_CLASSES, "never"),
        default=None,
        metavar="CLASS",
        help="exit 1 from this on: wire (default), endpoint, process, cosmetic, never",
    )
    classes = parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="KEY=CLASS",
        help="a kind of change has another class; repeatable",
    )
    takes(classes, Joined((_kinds,), _CLASSES))
    add_colour_arguments(parser)


def _kinds() -> Mapping[str, str]:
    from orchestrator.comparison.classes import KINDS

    return {key: kind.means for key, kind in KINDS.items()}


def run(args: argparse.Namespace) -> int:
    """0, 1 when a change is as serious as `--fail-on`, 2 when a side can't be read as a topology."""
    from orchestrator.app.diff import differences, rules_for
    from orchestrator.comparison.formats import FORMATS, Told

    if args.old == args.new == "-":
        raise UsageError("both sides are standard input", "name a file for one of them")
    old, new = (_read(args, word) for word in (args.old, args.new))
    if old.topology is None or new.topology is None:
        return ExitCode.USAGE
    rules = rules_for(args.new, args.classes, args.fail_on)
    comparison = differences(old, new, rules.classes)
    told = Told(old=args.old, new=args.new, comparison=comparison)
    sys.stdout.write(FORMATS[args.format](told, colour=wants_colour(args.color, sys.stdout)))
    return ExitCode.FINDINGS if comparison.fails(rules.fail_on) else ExitCode.OK


def _read(args: argparse.Namespace, word: str) -> Side:
    from orchestrator.app.diff import read_side

    if word == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
        side = read_side(_STDIN, os.environ, text=text)
    else:
        side = read_side(word, os.environ)
    if side.findings:
        from orchestrator.diagnostics.text import TextFormat

        style = TextFormat(side.sources, colour=wants_colour(args.color, sys.stderr))
        sys.stderr.write(style.findings(side.findings) + "\n")
    return side
