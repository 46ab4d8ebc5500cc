"""`orchestrator wait`: until a topology is ready, or has ended."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from typing import Any

from orchestrator.cli.changing import seconds, write_json
from orchestrator.cli.targets import add_format_argument, add_target_arguments, chosen, connect
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
    add_format_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0; 1 when it took too long, or it failed or ended before it was ready; 2 when no such topology runs."""
    last, fault = _await(args)
    if args.format == "json":
        write_json({"ok": fault is None, "reason": fault, "status": last or None})
    elif fault is not None:
        sys.stderr.write(f"error: {fault}\n" + "".join(_lagging(last, args.until)))
    return ExitCode.OK if fault is None else ExitCode.FINDINGS


def _await(args: argparse.Namespace) -> tuple[dict[str, Any], str | None]:
    """The last status, and what went wrong."""
    from orchestrator.cli.previous import left_behind
    from orchestrator.client import DeadlinePassedError, SupervisorGoneError

    timeout_s = seconds(args.timeout, "--timeout")
    last: dict[str, Any] = {}
    project = chosen(args).name
    with connect(args) as client:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            for status in client.stream("watch", deadline=deadline):
                last = status
                if args.until == "ready" and status["up"]:
                    return last, None
        except DeadlinePassedError:
            return last, f"not {args.until} after {args.timeout}"
        except SupervisorGoneError:
            pass
    if not last.get("finished") and left_behind(project) is not None:
        return last, f"the supervisor of {project} was killed"
    if args.until == "ended" and not last.get("failed"):
        return last, None
    reason = f": {last['reason']}" if last.get("reason") else ""
    return last, f"{last.get('project', 'it')} has ended{reason}"


def _lagging(status: dict[str, Any], until: str) -> Iterator[str]:
    if until == "ready" and not status.get("finished"):
        for unit in status.get("units", ()):
            if unit["state"] not in ("ready", "exited"):
                yield f"  {unit['unit']} is {unit['state']}: {unit['reason']}\n"
