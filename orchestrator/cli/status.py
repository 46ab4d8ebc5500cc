"""`orchestrator status`: one line and an exit code, for scripts."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from orchestrator.cli.tables import ago
from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.errors import ExitCode

HELP = "Tell in a line, and by exit code, whether a topology runs and is ready."
EXAMPLE = """
orchestrator status market-data && echo ready
orchestrator status --format json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser, positional=True)
    add_format_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 when everything is ready, 1 when it runs and is not, 2 when no such topology runs."""
    with connect(args) as client:
        status = client.call("status")
    if args.format == "json":
        sys.stdout.write(json.dumps(status, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(line(status))
    return ExitCode.OK if status["up"] else ExitCode.FINDINGS


def line(status: dict[str, Any]) -> str:
    """`market-data is ready: 5/5 for 3 m 20 s`, or who is not and why."""
    import time

    units = status["units"]
    ready = sum(unit["state"] == "ready" for unit in units)
    told = f"{status['project']} is {status['state']}: {ready}/{len(units)} ready"
    told += f", for {ago(time.time() - status['since'])}"
    waiting = [f"  {u['unit']} is {u['state']}: {u['reason']}" for u in units if not _fine(u)]
    return "\n".join([told, *waiting]) + "\n"


def _fine(unit: dict[str, Any]) -> bool:
    return unit["state"] in ("ready", "exited")
