"""`orchestrator doctor`: whether this machine, and what runs on it, is fit for a topology."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from orchestrator.cli.brief import brief
from orchestrator.cli.targets import add_format_argument
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.app.doctor.types import Check

HELP = "Check this machine, what runs on it, and what a topology needs of it."
EXAMPLE = """
orchestrator doctor
orchestrator doctor topology.yaml
orchestrator doctor market-data --format json
"""
VERSION = 1
"""Of the fields of `--format json`."""
_COLOURS = {"ok": "32", "note": "36", "warning": "33", "error": "31"}
_WIDTH = max(map(len, _COLOURS))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "[TOPOLOGY]")
    group.add_argument(
        "target",
        metavar="TOPOLOGY",
        nargs="?",
        help="a topology file, or a project's name: what it needs, and how it runs "
        "(default: ./topology.yaml if it is here, and all that runs)",
    )
    group.add_argument("-t", "--topology", metavar="TOPOLOGY", help="the same")
    group.add_argument(
        "--profile",
        action="append",
        default=[],
        metavar="NAME",
        help="count the nodes of this profile as well",
    )
    add_format_argument(group)
    add_colour_arguments(group)


def run(args: argparse.Namespace) -> int:
    """0, or 1 when something is wrong."""
    from orchestrator.app.doctor.examine import examine

    checks = examine(args.topology or args.target, os.environ, args.profile)
    if args.format == "json":
        sys.stdout.write(json.dumps(record(checks), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(text(checks, colour=wants_colour(args.color, sys.stdout)))
    return ExitCode.FINDINGS if any(check.wrong for check in checks) else ExitCode.OK


def record(checks: Iterable[Check]) -> dict[str, object]:
    """The fields of `--format json`."""
    checks = tuple(checks)
    counts = {name: _count(checks, name) for name in _COLOURS}
    return {
        "version": VERSION,
        "counts": counts,
        "checks": [
            {
                "topic": c.topic,
                "status": c.status.value,
                "fact": c.fact,
                "remedy": c.remedy,
                "subject": c.subject,
                "pid": c.pid,
            }
            for c in checks
        ],
    }


def text(checks: Iterable[Check], *, colour: bool) -> str:
    """A block for each topic, and a line of how many of each kind there are."""
    checks = tuple(checks)
    lines = []
    for topic, of in groupby(checks, key=lambda check: check.topic):
        lines.append(topic)
        for check in of:
            lines.append(f"  {_painted(check.status.value, colour)}  {check.fact}")
            if check.remedy:
                lines.append(f"  {'':<{_WIDTH}}  help: {check.remedy}")
    counts = [
        f"{n} {name}{'s' if n > 1 else ''}" for name in ("error", "warning") if (n := _count(checks, name))
    ]
    lines += ["", ", ".join(counts) if counts else "nothing is wrong"]
    return "\n".join(lines) + "\n"


def _count(checks: tuple[Check, ...], name: str) -> int:
    return sum(check.status == name for check in checks)


def _painted(status: str, colour: bool) -> str:
    word = f"{status:<{_WIDTH}}"
    return f"\x1b[{_COLOURS[status]}m{word}\x1b[0m" if colour else word
