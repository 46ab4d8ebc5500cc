"""`orchestrator up`: start a topology in the foreground and show what it does."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestrator.cli.brief import brief
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.engines.local import LocalEngine
    from orchestrator.runtime.notify import ServiceManager

HELP = "Start every node of a topology, supervise it, and stop it cleanly at Ctrl-C."
EXAMPLE = """
orchestrator up topology.yaml
orchestrator up -d topology.yaml && orchestrator ps
orchestrator up topology.yaml --log-format json | jq 'select(.event=="state")'
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser, "FILE")
    group.add_argument("file", metavar="FILE", help="the topology file, or - for standard input")
    group.add_argument("-d", "--detach", action="store_true", help="run in the background; return when ready")
    group.add_argument("--wait", action="store_true", help=argparse.SUPPRESS)  # as compose has it
    group.add_argument("--keep", action="store_true", help="nodes outlive a supervisor that is killed")
    group.add_argument(
        "--watch", action="store_true", help="restart nodes, apply FILE, when their files change"
    )
    group.add_argument("--timeout", metavar="TIME", help="with -d: stop it when it is not ready by then")
    group.add_argument(
        "--profile",
        action="append",
        default=[],
        metavar="NAME",
        help="start the nodes of this profile as well",
    )
    group.add_argument(
        "--project",
        metavar="NAME",
        help="a name for this run (default: the topology's)",
    )
    group.add_argument("--exit-code-from", metavar="NODE", help="end with this node, and with its exit code")
    group.add_argument("--metrics", metavar="ADDRESS", help="serve metrics for Prometheus: PORT or HOST:PORT")
    group.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="for people (text) or programs (json lines)",
    )
    group.add_argument(
        "--stats",
        metavar="TIME",
        default=None,
        help="show heartbeats and rates so often, for instance 5s; 0 never",
    )
    add_colour_arguments(group)


def run(args: argparse.Namespace) -> int:
    """0, 1 when the topology is wrong or failed, 130 after Ctrl-C."""
    from orchestrator.cli import detached
    from orchestrator.runtime import first_process, notify

    pace = _pace(args)
    if args.metrics is not None:
        from orchestrator.runtime.metrics import parse_address

        parse_address(args.metrics)
    if args.watch:
        _refuse_watch(args)
    if args.detach or args.wait:
        if args.exit_code_from is not None:
            raise UsageError("--exit-code-from and -d contradict each other", "leave one of them away")
        return _detach(args)
    first_process.split()
    manager = notify.take(os.environ, detached=detached.FD in os.environ)
    from orchestrator.app.foresight import expects_nodes
    from orchestrator.app.up import warm_engine

    gc.disable()  # whatever is made until the topology runs stays: looking through it finds nothing
    # the zygote imports on the other core while we read and check
    engine = warm_engine(keep=args.keep, nodes=expects_nodes(args.file))
    try:
        return _check_and_run(args, engine, pace, manager)
    finally:
        gc.enable()
        engine.abandon()


def _detach(args: argparse.Namespace) -> int:
    from orchestrator.runtime import first_process

    if first_process.is_first():
        raise UsageError("-d as process 1 would end the container at once", "leave it out")
    from orchestrator.cli import detached
    from orchestrator.cli.changing import seconds

    words = [args.file, "--color", "always" if wants_colour(args.color, sys.stdout) else "never"]
    words += [word for name in args.profile for word in ("--profile", name)]
    words += ["--project", args.project] if args.project else []
    words += ["--keep"] if args.keep else []
    words += ["--watch"] if args.watch else []
    words += ["--metrics", args.metrics] if args.metrics else []
    return detached.start(args, words, seconds(args.timeout, "--timeout"))


def _refuse_watch(args: argparse.Namespace) -> None:
    if args.file == "-":
        raise UsageError("--watch and standard input do not go together", "name a file")
    if os.name != "posix":
        raise UsageError("this platform cannot change what runs", "leave --watch away")


def _pace(args: argparse.Namespace) -> tuple[float, float]:
    """When vitals are shown first, and how often from then on; 0 for never."""
    from orchestrator.model.quantities import parse_duration

    if args.stats is None:
        if args.log_format == "json":
            return 0.0, 0.0
        return 2.0, 2.0 if sys.stdout.isatty() else 60.0
    try:
        every_s = 0.0 if args.stats == "0" else parse_duration(args.stats)
        return every_s, every_s
    except ValueError as error:
        raise UsageError(f"--stats {args.stats}: no duration", "write it as 500ms, 5s or 1m") from error


@contextlib.contextmanager
def _interrupt_ends_at_once() -> Iterator[None]:
    """Ctrl-C while nothing runs yet that would have to be stopped.

    KeyboardInterrupt would do but for where it may come up: in a callback of the interpreter's import
    machinery it is printed with its traceback, and forgotten. The zygote notices, and ends.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: os._exit(ExitCode.INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _check_and_run(
    args: argparse.Namespace,
    engine: LocalEngine,
    pace: tuple[float, float],
    manager: ServiceManager | None,
) -> int:
    from orchestrator.app.check import STDIN, check_file
    from orchestrator.diagnostics.text import TextFormat, summary

    with _interrupt_ends_at_once():
        checked = check_file(STDIN, text=sys.stdin.read()) if args.file == "-" else check_file(args.file)
    if checked.findings:
        style = TextFormat(checked.sources, colour=wants_colour(args.color, sys.stderr))
        sys.stderr.write(style.findings(checked.findings) + "\n\n")
    if not checked.ok or checked.topology is None:
        sys.stderr.write(f"{summary(checked.findings, 1)} Nothing was started.\n")
        return ExitCode.FINDINGS
    from orchestrator.cli.previous import await_end
    from orchestrator.cli.running import run_in_foreground

    with _interrupt_ends_at_once():
        await_end(args.project or checked.topology.name)
    return run_in_foreground(args, checked.topology, engine, pace, manager)
