"""`orchestrator restart`: replace the processes of nodes."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from typing import Any

from orchestrator.cli import rollouts
from orchestrator.cli.changing import (
    Unit,
    add_node_arguments,
    add_waiting_arguments,
    carry_out,
    seconds,
)
from orchestrator.cli.targets import asked, connect
from orchestrator.errors import ExitCode

HELP = "Replace the processes of nodes, and wait until the new ones are ready."
EXAMPLE = """
orchestrator restart gateway
orchestrator restart --rolling worker    # one replica at a time
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_node_arguments(parser)
    parser.add_argument(
        "--rolling", action="store_true", help="one process at a time, each ready before the next"
    )
    add_waiting_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0; 1 when one has failed or it took too long; 2 for a node or topology that does not exist."""
    if args.rolling and not args.no_wait:
        return _roll(args)
    return carry_out(args, "restart", _done, rolling=args.rolling)


def _done(unit: Unit, before: int) -> bool:
    return bool(unit["settled"] or (unit["attempt"] > before and unit["state"] == "ready"))


def _roll(args: argparse.Namespace) -> int:
    """Two lines to the supervisor: one listens before the other asks, so that nothing is passed over."""
    from orchestrator.client import DeadlinePassedError

    timeout_s = seconds(args.timeout, "--timeout")
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    with connect(args) as listening, connect(args) as asking:
        events = listening.stream("follow", deadline=deadline, units=args.nodes)
        next(events)
        begun = asking.call("restart", units=args.nodes, rolling=True, reason="orchestrator restart")
        try:
            with asked():
                ending = _until_the_end(events, begun["rollout"])
                return rollouts.tell(ending, as_json=args.format == "json")
        except DeadlinePassedError:
            sys.stderr.write("error: it has not happened in time; the restart goes on\n")
            return ExitCode.FINDINGS


def _until_the_end(events: Iterator[dict[str, Any]], rollout: int) -> Iterator[dict[str, Any]]:
    from orchestrator.client import SupervisorGoneError

    for event in events:
        if event["event"] == "state" or event.get("rollout") == rollout:
            yield event
        if event.get("rollout") == rollout:
            return
    raise SupervisorGoneError
