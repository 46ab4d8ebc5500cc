"""`orchestrator logs`: what the processes of a topology write, and wrote."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.brief import brief
from orchestrator.cli.completion_kinds import takes
from orchestrator.cli.tailing import add_span_arguments, show, span
from orchestrator.cli.targets import add_format_argument, add_target_arguments
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.cli.loglines import Look

HELP = "Show what processes write, and wrote: also after the topology has ended."
EXAMPLE = """
orchestrator logs -f gateway
orchestrator logs --since 10m --level warning
"""
_LEVELS: Final = ("trace", "debug", "info", "warning", "error", "critical")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "[NODE …]")
    group.add_argument("nodes", metavar="NODE", nargs="*", help="nodes, replicas, processes (default: all)")
    add_target_arguments(group, positional=False, ended=True)
    add_span_arguments(group)
    group.add_argument("--level", choices=_LEVELS, metavar="LEVEL", help="this one, and worse: warning")
    takes(group.add_argument("--grep", metavar="REGEX", help="lines with this; (?i)x: in any case"))
    group.add_argument("--stream", choices=("stdout", "stderr"), metavar="STREAM", help="stdout or stderr")
    takes(group.add_argument("--trace", metavar="ID", help="JSON lines with this trace_id"))
    group.add_argument("--bare", action="store_true", help="the text alone, without time and name")
    group.add_argument("--raw", action="store_true", help="as it was written, escape sequences too")
    add_format_argument(group)
    add_colour_arguments(group, brief=True)


def run(args: argparse.Namespace) -> int:
    """0; 2 when no such topology or node has run."""
    from orchestrator.projects import places, remembered
    from orchestrator.runtime.capture.wanting import choice

    project = remembered.meant(args.topology, os.environ)
    chosen = remembered.units(project, args.nodes)
    wanted = choice(
        level=args.level,
        streams=[args.stream] if args.stream else [],
        trace=args.trace,
        pattern=_pattern(args.grep),
    )

    def units() -> Iterable[str]:
        return sorted(chosen) if args.nodes else remembered.logged(project.state_dir)

    def files() -> dict[str, Path]:
        return {unit: places.log_file(project.state_dir, unit) for unit in units()}

    show(files, project.project, span(args, project), wanted, _look(args, units()).line)
    return ExitCode.OK


def _look(args: argparse.Namespace, units: Iterable[str]) -> Look:
    from orchestrator.cli.loglines import JsonLook, Paper, TextLook

    if args.format == "json":
        return JsonLook()
    colour = wants_colour(args.color, sys.stdout)
    paper = Paper(units, colour=colour, encoding=sys.stdout.encoding or "utf-8")
    return TextLook(paper, bare=args.bare, raw=args.raw)


def _pattern(word: str | None) -> re.Pattern[str] | None:
    if word is None:
        return None
    try:
        return re.compile(word)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(
            f"--grep: {word!r} is no regular expression: {error}",
            "put a backslash before ( ) [ ] { } . * + ? ^ $ |",
        ) from error
