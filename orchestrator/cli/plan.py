"""`orchestrator plan`: what a changed file would change of what runs."""

from __future__ import annotations

import argparse
import json
import os
import sys

from orchestrator.cli.rollouts import changes_text
from orchestrator.cli.targets import add_format_argument, connect
from orchestrator.errors import ExitCode, UsageError

HELP = "Tell what `apply` would do: which processes come, go, or are replaced, and why."
EXAMPLE = """
orchestrator plan topology.yaml
orchestrator plan topology.yaml --format json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_changed_file(parser)
    add_format_argument(parser)


def add_changed_file(parser: argparse.ArgumentParser) -> None:
    """The changed file, and the run it is meant for."""
    parser.add_argument("file", metavar="FILE", help="the changed topology file")
    parser.add_argument(
        "-t", "--topology", metavar="TOPOLOGY", help="the project that runs it (default: the one of FILE)"
    )


def aim(args: argparse.Namespace) -> None:
    """Find the project that FILE is meant for, where none is named: the one that was brought up from it, else
    the one that runs a topology of its name."""
    from orchestrator.projects.find import running
    from orchestrator.source import read_document

    if args.topology is not None:
        return
    args.topology, path = args.file, os.path.realpath(args.file)
    there = running(os.environ)
    if any(project.record.file == path for project in there):
        return
    reading = read_document(args.file, environ=os.environ)
    if reading.document is None:
        fault = reading.diagnostics[0]
        raise UsageError(f"{fault.span}: {fault.message}", fault.help)
    data = reading.document.data
    name = data.get("name") if isinstance(data, dict) else None
    if sum(project.record.topology == name for project in there) == 1:
        args.topology = next(p.name for p in there if p.record.topology == name)


def run(args: argparse.Namespace) -> int:
    """0 whether something would change or not; 2 when FILE has errors or does not run."""
    aim(args)
    with connect(args) as client:
        found = client.call("plan", file=os.path.realpath(args.file))
    if args.format == "json":
        sys.stdout.write(json.dumps({"version": 1, **found}, indent=2) + "\n")
    else:
        sys.stdout.write(changes_text(found))
    return ExitCode.OK
