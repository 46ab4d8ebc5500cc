"""`orchestrator keys`: the CURVE keys of a topology's nodes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING

from orchestrator.cli.tables import ago, table
from orchestrator.cli.targets import add_format_argument
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.app.keys import Made, Shown
    from orchestrator.model.types import Topology

HELP = "Make, replace and show the CURVE keys of a topology's nodes."
EXAMPLE = """
orchestrator keys init
orchestrator keys rotate topology.yaml gateway --grace 12h
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=("init", "rotate", "show"), help="make what is missing, replace, or tell"
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="?", default="topology.yaml", help="default: ./topology.yaml"
    )
    parser.add_argument("nodes", metavar="NODE", nargs="*", help="rotate: these alone (default: all)")
    parser.add_argument(
        "--grace", metavar="TIME", help="rotate: how long the keys before count (default 24h)"
    )
    parser.add_argument(
        "--also", metavar="NAME", action="append", default=[], help="init: a pair for a program outside, too"
    )
    add_format_argument(parser)
    add_colour_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0; 1 for keys that are missing or cannot be used; 2 for a node that has none."""
    _refuse_what_means_nothing(args)
    topology = _load(args)
    if topology is None:
        return ExitCode.FINDINGS
    from orchestrator.app import keys

    if args.action == "show":
        return _show(keys.show(topology), args.format)
    if args.action == "init":
        made = keys.init(topology, args.also)
    else:
        made = keys.rotate(topology, args.nodes, _grace_s(args.grace))
    sys.stdout.write(_made_json(made) if args.format == "json" else _made_text(made, args.action))
    return ExitCode.OK


def _refuse_what_means_nothing(args: argparse.Namespace) -> None:
    if args.action != "rotate" and (args.nodes or args.grace):
        raise UsageError(f"`keys {args.action}` takes no NODE and no --grace", "`keys rotate` does")
    if args.action != "init" and args.also:
        raise UsageError(f"`keys {args.action}` takes no --also", "`keys init` does")


def _grace_s(text: str | None) -> float:
    from orchestrator.app.keys import GRACE_S
    from orchestrator.durations import parse_duration

    if text is None:
        return GRACE_S
    if text in ("0", "0s"):
        return 0.0
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time", "write 30s, 12h or 7d; 0 for none") from None


def _load(args: argparse.Namespace) -> Topology | None:
    from orchestrator.model.load import load

    loaded = load(args.file)
    if loaded.topology is None:
        from orchestrator.diagnostics.text import TextFormat

        style = TextFormat(loaded.sources, colour=wants_colour(args.color, sys.stderr))
        sys.stderr.write(style.findings(loaded.diagnostics) + "\n")
    return loaded.topology


# ---------------------------------------------------------------------- what was done


def _made_text(made: Made, action: str) -> str:
    lines = [
        f"{made.directory}: {'new pair' if len(made.made) == 1 else 'new pairs'} for {_listed(made.made)}"
    ]
    if not made.made:
        lines = [f"{made.directory}: nothing to do, {_listed(made.kept)} have theirs"]
    elif made.kept:
        lines.append(f"kept: {', '.join(made.kept)}")
    if action == "rotate":
        lines.append("running nodes notice it by themselves; `orchestrator keys show` tells what counts")
    if made.forgotten:
        lines.append(f"removed, because they do not count any more: {', '.join(made.forgotten)}")
    lines += [f"put the public key of {name!r} at {made.directory}/{name}.key" for name in made.outsiders]
    return "\n".join(lines) + "\n"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "nobody"


def _made_json(made: Made) -> str:
    told = {
        "version": 1,
        "directory": made.directory,
        "made": list(made.made),
        "kept": list(made.kept),
        "removed": list(made.forgotten),
        "missing": list(made.outsiders),
    }
    return json.dumps(told, indent=2) + "\n"


# ---------------------------------------------------------------------- what there is


def _show(shown: Shown, form: str) -> int:
    sys.stdout.write(_shown_json(shown) if form == "json" else _shown_text(shown))
    for fault in shown.faults:
        sys.stderr.write(f"error: {fault}\n")
    missing = dict.fromkeys(name for door in shown.doors for name in door.without_key)
    if missing:
        sys.stderr.write(f"error: no key in {shown.directory}: {', '.join(missing)}\n")
        sys.stderr.write("help: `orchestrator keys init` makes those of nodes\n")
    return ExitCode.FINDINGS if missing or shown.faults else ExitCode.OK


def _shown_text(shown: Shown) -> str:
    now = time.time()
    rows = [
        (
            known.name,
            known.public,
            shown.made.get(known.public, "") or "-",
            "now" if known.until is None else _left(known.until - now),
        )
        for known in shown.keys
    ]
    parts = [f"keys in {shown.directory}\n"]
    if rows:
        parts.append(table(("NAME", "PUBLIC KEY", "MADE", "COUNTS"), rows))
    doors = [
        (
            door.socket,
            door.security.mechanism.value,
            "hears" if door.security.server else "speaks to",
            _listed(door.hears if door.security.server else door.security.server_names),
        )
        for door in shown.doors
    ]
    if doors:
        parts.append(table(("SOCKET", "MECHANISM", "", "WHOM"), doors))
    return "\n".join(parts)


def _left(seconds: float) -> str:
    return f"{ago(seconds)} more" if seconds > 0 else "no more"


def _shown_json(shown: Shown) -> str:
    told = {
        "version": 1,
        "directory": shown.directory,
        "keys": [
            {
                "name": known.name,
                "public": known.public,
                "made": shown.made.get(known.public) or None,
                "until": known.until,
            }
            for known in shown.keys
        ],
        "sockets": [
            {
                "socket": door.socket,
                "mechanism": door.security.mechanism.value,
                "server": door.security.server,
                "hears": list(door.hears),
                "servers": list(door.security.server_names),
                "missing": list(door.without_key),
            }
            for door in shown.doors
        ],
        "faults": list(shown.faults),
    }
    return json.dumps(told, indent=2) + "\n"
