"""What `plan`, `apply`, `scale` and `restart --rolling` share: what is to change, and how it went."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any

from orchestrator.cli.targets import asked, connect
from orchestrator.errors import ExitCode


def change(args: argparse.Namespace, reason: str, **what: Any) -> int:
    """Ask for a change, and tell what comes of it.

    0 when all is as asked for; 1 when it was taken back, or the topology has ended meanwhile.
    """
    with connect(args) as client, asked():
        return tell(client.stream("apply", reason=reason, **what), args.format == "json")


def tell(items: Iterable[dict[str, Any]], as_json: bool) -> int:
    """Tell the items of a change as they come; the exit code."""
    from orchestrator.client import SupervisorGoneError

    ok = True
    try:
        for item in items:
            _write(json.dumps(item) + "\n" if as_json else _text(item))
            if item["event"] == "rollout_ended":
                ok = item["ok"]
    except SupervisorGoneError:
        sys.stderr.write("error: the topology has ended\n")
        return ExitCode.FINDINGS
    return ExitCode.OK if ok else ExitCode.FINDINGS


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _text(item: dict[str, Any]) -> str:
    match item["event"]:
        case "changes":
            return changes_text(item)
        case "state":
            why = f": {item['reason']}" if item["reason"] else ""
            return f"{item['unit']} is {item['state']}{why}\n"
        case "rollout_ended":
            return ended_text(item)
    return ""


def changes_text(found: dict[str, Any]) -> str:
    """One line per process that is concerned."""
    lines = [f"+ {name}: starts" for name in found["added"]]
    lines += [f"~ {name}: replaced for {', '.join(why)}" for name, why in found["replaced"].items()]
    lines += [f"  {name}: connected anew, its process stays" for name in found.get("rewired", ())]
    lines += [f"  {name}: supervised in another way, its process stays" for name in found["adjusted"]]
    lines += [f"- {name}: stops" for name in found["removed"]]
    return "\n".join(lines or ["nothing changes"]) + "\n"


def ended_text(end: dict[str, Any]) -> str:
    """How a rollout went, in one line."""
    if end["ok"]:
        return f"done; passed over: {', '.join(end['left'])}\n" if end["left"] else "done\n"
    if end["rolled_back"]:
        return f"taken back, all is as it was: {end['reason']}\n"
    left = f"; not done: {', '.join(end['left'])}" if end["left"] else ""
    return f"failed: {end['reason']}{left}\n"
