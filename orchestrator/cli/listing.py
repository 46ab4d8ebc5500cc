"""`orchestrator list`: the topologies that run on this machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from orchestrator.cli.tables import ago, table
from orchestrator.cli.targets import add_format_argument
from orchestrator.errors import ExitCode, OrchestratorError

if TYPE_CHECKING:
    from orchestrator.projects.find import Project

_PATIENCE_S: Final = 2.0
"""For a supervisor that does not answer: it is listed as such."""

HELP = "List the topologies of this user that run on this machine."
EXAMPLE = """
orchestrator list
orchestrator list --format json
"""


_STATES: Final = {"kept": "kept, without supervisor"}
"""As people are told."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_format_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 always: that nothing runs is no failure."""
    from orchestrator.projects.find import projects

    found = [_entry(project) for project in projects(os.environ)]
    if args.format == "json":
        sys.stdout.write(json.dumps({"version": 1, "projects": found}, indent=2) + "\n")
        return ExitCode.OK
    if not found:
        sys.stdout.write("no topology runs\n")
        return ExitCode.OK
    now = time.time()
    rows = [
        (
            e["project"],
            _STATES.get(e["state"], e["state"]),
            f"{e['ready']}/{e['units']}" if e["units"] is not None else "-",
            ago(now - e["since"]),
            str(e["pid"]),
            e["file"],
        )
        for e in found
    ]
    sys.stdout.write(table(("PROJECT", "STATE", "READY", "SINCE", "PID", "FILE"), rows))
    return ExitCode.OK


def _entry(project: Project) -> dict[str, Any]:
    record = project.record
    entry: dict[str, Any] = {
        "project": record.project,
        "topology": record.topology,
        "state": "killed",
        "ready": None,
        "units": None,
        "since": record.since,
        "pid": record.pid,
        "file": record.file,
    }
    if project.running:
        entry |= _asked(project)
    elif project.kept:
        entry["state"] = "kept"
    return entry


def _asked(project: Project) -> dict[str, Any]:
    from orchestrator.client import Client
    from orchestrator.projects.places import API

    try:
        with Client(project.run_dir / API, answer_s=_PATIENCE_S) as client:
            status = client.call("status")
    except OrchestratorError:
        return {"state": "no answer"}
    ready = sum(unit["state"] == "ready" for unit in status["units"])
    return {"state": status["state"], "ready": ready, "units": len(status["units"])}
