"""`orchestrator down`: stop a running topology."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Final

from orchestrator.cli.targets import add_target_arguments, chosen
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.projects.find import Project

HELP = "Stop a running topology, dependents first, and wait until nothing of it is left."
EXAMPLE = """
orchestrator down
orchestrator down market-data --now
"""

_RELEASE_S: Final = 10.0
"""How long a supervisor that has finished may take to be gone."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser, positional=True)
    parser.add_argument("--now", action="store_true", help="kill everything at once, without grace")


def run(args: argparse.Namespace) -> int:
    """0 once it is down; 1 when something of it did not end as it should; 2 when no such topology runs."""
    from orchestrator.client import Client, SupervisorGoneError
    from orchestrator.projects.places import API

    found = chosen(args, also_kept=True)
    project = found.name
    if not found.running:
        return _end_kept(found, at_once=args.now)
    with Client(found.run_dir / API) as client:
        client.call("down", at_once=args.now, reason="orchestrator down")
        last = None
        try:
            for status in client.stream("watch"):
                last = status
        except SupervisorGoneError:
            pass
    _await_release(found)
    failed = last is not None and last["finished"] and last["failed"]
    if failed and last is not None:
        sys.stdout.write(f"{project} is down, and has failed: {last['reason']}\n")
        return ExitCode.FINDINGS
    sys.stdout.write(f"{project} is down\n")
    return ExitCode.OK


def _end_kept(project: Project, *, at_once: bool) -> int:
    """Nobody supervises it: that is done here, to its end."""
    from orchestrator.app.adopting import end
    from orchestrator.projects import rundir

    record = project.record
    held = rundir.hold(record.project, os.environ, topology=record.topology, file=record.file)
    try:
        clean = not held.inherited or end(held, at_once=at_once, say=_warn)
    except BaseException:
        held.leave()
        raise
    held.close()
    sys.stdout.write(f"{project.name} is down{'' if clean else ', and not all of it ended as it should'}\n")
    return ExitCode.OK if clean else ExitCode.FINDINGS


def _warn(text: str) -> None:
    sys.stderr.write(f"warning: {text}\n")


def _await_release(project: Project) -> None:
    """Until the project can be started again."""
    from orchestrator.projects.rundir import holder

    deadline = time.monotonic() + _RELEASE_S
    while time.monotonic() < deadline:
        try:
            if not holder(project.run_dir.with_name(f"{project.run_dir.name}.lock"))[1]:
                return
        except FileNotFoundError:
            return
        time.sleep(0.005)
