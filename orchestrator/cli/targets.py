"""Which running topology a verb is about, and the line to its supervisor."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from orchestrator.cli.completion_kinds import Kind, takes

if TYPE_CHECKING:
    from orchestrator.client import Client
    from orchestrator.projects.find import Project

_BEGIN_S: Final = 5.0
"""How long a supervisor that has just begun, or is about to be gone, may take to answer."""
_PAUSE_S: Final = 0.02
_HELP = "a project's name or its file (default: the only one that runs, else ./topology.yaml)"


def add_target_arguments(
    parser: argparse.ArgumentParser | argparse._ArgumentGroup, *, positional: bool, ended: bool = False
) -> None:
    """`-t TOPOLOGY`, and with `positional` the same word without `-t`. `ended`: it need not run any more."""
    names = Kind.LOGGED if ended else Kind.RUNNING
    if positional:
        takes(parser.add_argument("target", metavar="TOPOLOGY", nargs="?", help=_HELP), names, Kind.TOPOLOGY)
    option = parser.add_argument(
        "-t",
        "--topology",
        metavar="TOPOLOGY",
        help="the same" if positional else _HELP,
    )
    takes(option, names, Kind.TOPOLOGY)


def add_format_argument(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """`--format text|json`."""
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people (text) or programs (json)"
    )


def chosen(args: argparse.Namespace, *, also_kept: bool = False) -> Project:
    """The running project that is meant; with `also_kept` one without a supervisor will do. Raises UsageError
    when none is."""
    from orchestrator.projects.find import NotRunningError, meant

    try:
        return meant(args.topology or getattr(args, "target", None), os.environ, also_kept=also_kept)
    except NotRunningError as error:
        from orchestrator.projects.past import with_past

        raise with_past(error, os.environ) from error


@contextlib.contextmanager
def asked() -> Iterator[None]:
    """While it is waited for what was asked of a supervisor: Ctrl-C ends the waiting alone, and says so."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write("what was asked for goes on; `orchestrator events -f` shows it\n")
        raise


def connect(args: argparse.Namespace) -> Client:
    """A line to the supervisor of the project that is meant. Raises UsageError and RunError.

    One that has just begun does not listen yet: that is waited for. One that is halted is not.
    """
    from orchestrator.client import Client
    from orchestrator.errors import RunError
    from orchestrator.projects.places import API

    _refuse_halted(chosen(args))
    deadline = time.monotonic() + _BEGIN_S
    while True:
        try:
            return Client(chosen(args).run_dir / API)
        except RunError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)


def _refuse_halted(project: Project) -> None:
    from orchestrator.errors import RunError
    from orchestrator.kernel import births

    pid = project.record.pid
    if births.state(pid) in ("T", "t"):
        raise RunError(
            f"the supervisor of {project.name} (process {pid}) is halted by a signal or a debugger",
            f"let it go on: kill -CONT {pid}",
        )
