"""What `start`, `stop`, `restart` and `kill` share: name nodes, ask, see what comes of it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from orchestrator.cli.targets import add_format_argument, add_target_arguments, asked, connect
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.client import Client

Unit = dict[str, Any]
_ENDING: Final = ("stopping", "ended", "failed")
"""States of a topology in which nothing is started any more."""
Done = Callable[[Unit, int], bool]
"""Whether a unit (as `status` tells it) has come where it was sent, given its attempt when it was asked."""


def add_node_arguments(parser: argparse.ArgumentParser) -> None:
    """The nodes, and the topology they belong to."""
    parser.add_argument("nodes", metavar="NODE", nargs="+", help="a node, or one replica of it (worker-2)")
    add_target_arguments(parser, positional=False)
    add_format_argument(parser)


def add_waiting_arguments(parser: argparse.ArgumentParser) -> None:
    """`--no-wait` and `--timeout`."""
    parser.add_argument("--no-wait", action="store_true", help="return at once")
    parser.add_argument("--timeout", metavar="TIME", help="wait no longer than this, for instance 30s")


def seconds(text: str | None, option: str) -> float | None:
    """What an option's duration is in seconds; None for none. Raises UsageError for what is no duration."""
    from orchestrator.errors import UsageError
    from orchestrator.model.quantities import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: no duration", "write it as 500ms, 5s or 1m") from error


def carry_out(args: argparse.Namespace, do: str, done: Done, **more: Any) -> int:
    """Ask, and wait until all units have come where they were sent.

    0; 1 when one has failed, it took too long, or the topology has ended meanwhile.
    """
    timeout_s = seconds(args.timeout, "--timeout")
    say = _Json() if args.format == "json" else _Text()
    with connect(args) as client:
        before = client.call(do, units=args.nodes, reason=f"orchestrator {do}", **more)["units"]
        if args.no_wait:
            say.asked(do, before)
            return ExitCode.OK
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        lost = {"failed"} if do == "stop" else {"failed", "stopped"}
        attempts = {name: unit["attempt"] for name, unit in before.items()}
        with asked():
            return _see(client, attempts, done, lost, deadline, say)


def _see(
    client: Client, before: dict[str, int], done: Done, lost: set[str], deadline: float | None, say: _Text
) -> int:
    """`lost`: states in which a unit has not come where it was sent, and will not."""
    from orchestrator.client import DeadlinePassedError, SupervisorGoneError

    try:
        for status in client.stream("watch", deadline=deadline, units=list(before)):
            found = {unit["unit"]: unit for unit in status["units"]}
            say.seen(found)
            if all(done(unit, before[name]) for name, unit in found.items()):
                missed = [name for name, unit in found.items() if unit["state"] in lost]
                if missed and status["state"] in _ENDING:
                    say.over(f"the topology stops: {status['reason']}", told=False)
                else:
                    say.over(", ".join(f"{name} {found[name]['state']}" for name in missed) or None)
                return ExitCode.FINDINGS if missed else ExitCode.OK
    except DeadlinePassedError:
        say.over("it has not happened in time; the topology goes on", told=False)
        return ExitCode.FINDINGS
    except SupervisorGoneError:
        pass
    say.over("the topology has ended", told=False)
    return ExitCode.FINDINGS


class _Text:
    """For people: a line for each state that a unit comes into."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def asked(self, do: str, before: dict[str, Unit]) -> None:
        sys.stdout.write("".join(f"{name}: asked to {do}\n" for name in before))

    def seen(self, units: dict[str, Unit]) -> None:
        for name, unit in units.items():
            line = f"{name} is {unit['state']}" + (f": {unit['reason']}" if unit["reason"] else "")
            if self._told.get(name) != line:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            self._told[name] = line

    def over(self, reason: str | None, *, told: bool = True) -> None:
        """`told`: the states that were shown say it already."""
        if reason is not None and not told:
            sys.stderr.write(f"error: {reason}\n")


class _Json(_Text):
    """For programs: one object, at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._units: list[Unit] = []

    def asked(self, do: str, before: dict[str, Unit]) -> None:
        del do
        self._units = [{"unit": name, **unit} for name, unit in before.items()]
        self.over(None)

    def seen(self, units: dict[str, Unit]) -> None:
        self._units = list(units.values())

    def over(self, reason: str | None, *, told: bool = True) -> None:
        del told
        write_json({"ok": reason is None, "reason": reason, "units": self._units})


def write_json(fields: dict[str, Any]) -> None:
    """What a verb has to tell a program."""
    sys.stdout.write(json.dumps({"version": 1, **fields}, indent=2) + "\n")
