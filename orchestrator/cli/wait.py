"""`orchestrator wait`: until a topology is ready, or has ended."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from orchestrator.cli.changing import seconds
from orchestrator.cli.targets import add_target_arguments, connect
from orchestrator.errors import ExitCode

HELP = "Wait until a running topology is ready, or has ended."
EXAMPLE = """
orchestrator wait --timeout 30s && run-the-tests
orchestrator wait --for ended market-data
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser, positional=True)
    parser.add_argument(
        "--for", dest="until", choices=("ready", "ended"), default="ready", help="what to wait for"
    )
    parser.add_argument("--timeout", metavar="TIME", help="wait no longer than this, for instance 30s")


def run(args: argparse.Namespace) -> int:
    """0; 1 when it took too long, or it failed or ended before it was ready; 2 when no such topology runs."""
    from orchestrator.client import DeadlinePassedError, SupervisorGoneError

    timeout_s = seconds(args.timeout, "--timeout")
    last: dict[str, Any] = {}
    with connect(args) as client:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            for status in client.stream("watch", deadline=deadline):
                last = status
                if args.until == "ready" and status["up"]:
                    return ExitCode.OK
        except DeadlinePassedError:
            _tell_late(last, args.until, args.timeout)
            return ExitCode.FINDINGS
        except SupervisorGoneError:
            pass
    if args.until == "ended" and not last.get("failed"):
        return ExitCode.OK
    reason = f": {last['reason']}" if last.get("reason") else ""
    sys.stderr.write(f"error: {last.get('project', 'it')} has ended{reason}\n")
    return ExitCode.FINDINGS


def _tell_late(status: dict[str, Any], until: str, timeout: str) -> None:
    sys.stderr.write(f"error: not {until} after {timeout}\n")
    if until == "ready":
        for unit in status.get("units", ()):
            if unit["state"] not in ("ready", "exited"):
                sys.stderr.write(f"  {unit['unit']} is {unit['state']}: {unit['reason']}\n")
