"""`orchestrator down`: stop a running topology."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from orchestrator.cli.changing import write_json
from orchestrator.cli.targets import add_format_argument, add_target_arguments, asked, chosen, connect
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.projects.find import Project

HELP = "Stop a running topology, dependents first, and wait until nothing of it is left."
EXAMPLE = """
orchestrator down
orchestrator down market-data --now
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser, positional=True)
    parser.add_argument("--now", action="store_true", help="kill everything at once, without grace")
    add_format_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 once it is down; 1 when it has failed or its supervisor was killed; 2 when no such topology runs."""
    from orchestrator.cli.previous import left_behind

    found = chosen(args, also_kept=True)
    if not found.running:
        return _tell(args, found.name, _end_kept(found, at_once=args.now))
    last = _end(args)
    _await_release(found)
    killed = left_behind(found.name)
    if killed is not None and killed.kept:
        return _tell(args, found.name, _end_kept(killed, at_once=args.now))
    if killed is not None:
        return _tell(args, found.name, "its supervisor was killed while it stopped")
    return _tell(args, found.name, f"it has failed: {last['reason']}" if last.get("failed") else None)


def _end(args: argparse.Namespace) -> dict[str, Any]:
    """Ask for the end, and see it. The last status; empty when somebody else was quicker."""
    from orchestrator.client import SupervisorGoneError

    last: dict[str, Any] = {}
    try:
        with connect(args) as client, asked():
            client.call("down", at_once=args.now, reason="orchestrator down")
            for status in client.stream("watch"):
                last = status
    except (SupervisorGoneError, UsageError):
        pass
    return last


def _tell(args: argparse.Namespace, project: str, fault: str | None) -> int:
    if args.format == "json":
        write_json({"project": project, "ok": fault is None, "reason": fault})
    else:
        sys.stdout.write(f"{project} is down{'' if fault is None else f', and {fault}'}\n")
    return ExitCode.OK if fault is None else ExitCode.FINDINGS


def _end_kept(project: Project, *, at_once: bool) -> str | None:
    """Nobody supervises it: that is done here, to its end. What did not go as it should, if anything."""
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
    return None if clean else "not all of it ended as it should"


def _warn(text: str) -> None:
    sys.stderr.write(f"warning: {text}\n")


def _await_release(project: Project) -> None:
    """Until the project can be started again."""
    from orchestrator.cli.previous import await_release

    await_release(project.run_dir.with_name(f"{project.run_dir.name}.lock"))
