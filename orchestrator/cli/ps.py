"""`orchestrator ps`: the processes of a running topology."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from orchestrator.cli.brief import brief
from orchestrator.cli.tables import ago, size, table
from orchestrator.cli.targets import add_format_argument, add_target_arguments, connect
from orchestrator.cli.terminal import add_colour_arguments
from orchestrator.errors import ExitCode

HELP = "Show the processes of a running topology: state, restarts, heartbeat, memory."
EXAMPLE = """
orchestrator ps
orchestrator ps --links
orchestrator ps market-data --format json
"""
_HEAD = ("UNIT", "STATE", "SINCE", "PID", "RESTARTS", "LINKS", "HEARTBEAT", "CPU", "MEMORY", "LAST EXIT")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "[TOPOLOGY]")
    add_target_arguments(group, positional=True)
    group.add_argument(
        "--links",
        action="store_true",
        help="each declared link: is it up, and why not; and who is connected that no link declares",
    )
    add_format_argument(group)
    add_colour_arguments(group)


def run(args: argparse.Namespace) -> int:
    """0; 2 when no such topology runs."""
    with connect(args) as client:
        found = client.call("links") if args.links else client.call("status", usage=True, links=True)
    if args.format == "json":
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    elif args.links:
        from orchestrator.cli import linked

        sys.stdout.write(linked.text(found))
    else:
        sys.stdout.write(text(found))
    return ExitCode.OK


def text(status: dict[str, Any]) -> str:
    """The table, and below it why whoever is not ready is not."""
    rows = [_row(unit) for unit in status["units"]]
    told = [_told(unit) for unit in status["units"] if unit["state"] != "ready" and unit["reason"]]
    told += [_shut(row) for row in status["traffic"] if row.get("breaker") in ("open", "half-open")]
    parts = [table(_HEAD, rows), *([""] if told else []), *told]
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def _row(unit: dict[str, Any]) -> tuple[str, ...]:
    return (
        unit["unit"],
        unit["state"],
        _or_dash(unit["state_age_s"], ago),
        _or_dash(unit["pid"], str),
        str(unit["restarts"]),
        _or_dash(unit["links"], lambda links: f"{links['up']}/{links['declared']}"),
        _or_dash(unit["heartbeat_age_s"], lambda age: f"{age:.1f} s"),
        _cpu(unit),
        _or_dash(unit["memory_bytes"], size),
        unit["last_exit"] or "-",
    )


def _or_dash(value: Any, shown: Any) -> str:
    return "-" if value is None else str(shown(value))


def _cpu(unit: dict[str, Any]) -> str:
    """Of one core, on average since the process began, as ps(1) has it."""
    if unit["cpu_s"] is None or not unit["age_s"]:
        return "-"
    return f"{100 * unit['cpu_s'] / unit['age_s']:.1f} %"


def _shut(row: dict[str, Any]) -> str:
    """A socket whose service is left alone for a while."""
    counts = row["requests"] or {"timeouts": 0, "opened": 0}
    return (
        f"{row['instance']}.{row['socket']}: its breaker is {row['breaker']} "
        f"({counts['timeouts']} attempts without a reply; it has opened {counts['opened']} times)"
    )


def _told(unit: dict[str, Any]) -> str:
    lines = [f"{unit['unit']} is {unit['state']}: {unit['reason']}"]
    if unit["state"] in ("failed", "backoff"):
        lines += [f"    | {line}" for line in unit["last_lines"]]
    return "\n".join(lines)
