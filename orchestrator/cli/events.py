"""`orchestrator events`: what happened to a topology, and what happens."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.brief import brief
from orchestrator.cli.tailing import add_span_arguments, show, span
from orchestrator.cli.targets import add_format_argument, add_target_arguments
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode
from orchestrator.vocabulary import NodeState

if TYPE_CHECKING:
    from orchestrator.cli.loglines import Look
    from orchestrator.runtime.capture.reading import Line

HELP = "Show what happened to a topology, and what happens: states, restarts, remarks."
EXAMPLE = """
orchestrator events -f
orchestrator events --kind failed --since 1d
orchestrator events market-data --node gateway --format json
"""
EVENTS: Final = (
    "state",
    "topology_starting",
    "topology_ready",
    "messages_lost",
    "topology_ended",
    "rollout_ended",
    "hook",
    "remark",
    "missing",
)
"""What the journal holds; docs/reference/events.md has their fields."""
_KINDS: Final = (*EVENTS, *(state.value for state in NodeState))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "[TOPOLOGY]")
    add_target_arguments(group, positional=True, ended=True)
    add_span_arguments(group)
    group.add_argument("--node", action="append", default=[], metavar="NODE", help="of this node; repeatable")
    group.add_argument(
        "--kind",
        action="append",
        default=[],
        choices=_KINDS,
        metavar="KIND",
        help="state, remark, topology_ready, …, or a state: failed, backoff, ready, …; repeatable",
    )
    add_format_argument(group)
    add_colour_arguments(group, brief=True)


def run(args: argparse.Namespace) -> int:
    """0; 2 when no such topology or node has run."""
    from orchestrator.cli.eventlines import WHO, EventLook
    from orchestrator.cli.loglines import JsonLook, Paper
    from orchestrator.projects import places, remembered

    project = remembered.meant(args.topology or args.target, os.environ)
    wanted = _wanted(remembered.units(project, args.node), args.kind)

    def files() -> dict[str, Path]:
        return {"the journal": project.state_dir / places.JOURNAL}

    look: Look = JsonLook()
    if args.format == "text":
        colour = wants_colour(args.color, sys.stdout)
        look = EventLook(Paper((WHO, *project.units), colour=colour, encoding=sys.stdout.encoding or "utf-8"))
    show(files, project.project, span(args, project), wanted, look.line)
    return ExitCode.OK


def _wanted(units: Collection[str], kinds: Collection[str]) -> Callable[[Line], bool]:
    def wanted(line: Line) -> bool:
        fields = line.fields
        if units and str(fields.get("unit")) not in units:
            return False
        return not kinds or fields.get("event") in kinds or fields.get("state") in kinds

    return wanted
