"""`orchestrator import`: what people already have, as a topology file to go on with."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.brief import brief
from orchestrator.cli.completion_kinds import Kind, takes
from orchestrator.errors import ExitCode, OrchestratorError, UsageError

if TYPE_CHECKING:
    from orchestrator.importing.draft import Draft
    from orchestrator.importing.telling import Told

HELP = "Propose a topology from a ZDCF or compose file, a Procfile, or from processes."
EXAMPLE = """
orchestrator import compose.yaml -o topology.yaml
orchestrator import --from-pids 4711 4712 --probe
"""
_PROCESSES = "<processes>"
_FORMATS = ("zdcf", "compose", "procfile")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = brief(parser, "{FILE | --from-pids PID …}").add_argument
    takes(add("file", nargs="?", metavar="FILE", help="ZDCF (JSON, ZPL), compose, Procfile, or -"), Kind.FILE)
    add("--from", dest="format", metavar="WHAT", choices=_FORMATS, help="zdcf, compose or procfile")
    add("--from-pids", dest="pids", nargs="+", type=_pid, metavar="PID", help="look at running processes")
    add("--probe", action="store_true", help="connect to what they bind, and ask for types")
    add("--name", help="the topology's name (default: as in the source)")
    takes(add("-o", "--output", metavar="OUT", help="the file to write"), Kind.FILE)
    add("--force", action="store_true", help="replace OUT if it is there")
    add("-q", "--quiet", action="store_true", help="do not tell what was left out")


def _pid(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:12]) < 1 << 31):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a process")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """0 when the proposal is written; 1 when the source is wrong; 2 when it can't be what was asked for."""
    from orchestrator.importing.emit import emit
    from orchestrator.importing.telling import told

    _check(args)
    output = None if args.output in (None, "-") else str(args.output)
    if output is not None and args.file is not None and _is_same(args.file, output):
        raise UsageError(f"{output} is the source itself", "name another file with -o")
    if output is not None and os.path.lexists(output) and not args.force:
        raise UsageError(
            f"{output} is there already; nothing was written", "name another file, or say --force"
        )
    directory = "." if output is None else os.path.dirname(output) or "."  # noqa: PTH120
    draft, source = _draft(args, directory)
    text = emit(draft, schema=_schema(directory))
    _write(output, text, force=args.force)
    if not args.quiet:
        _tell(draft, told(draft, source), output)
    return ExitCode.OK


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).is_file() and Path(one).samefile(other)
    except OSError:
        return False


def _check(args: argparse.Namespace) -> None:
    if (args.file is None) == (args.pids is None):
        raise UsageError("name one source: a FILE, or --from-pids PID …", "orchestrator import --help")
    if args.pids is None and args.probe:
        raise UsageError("--probe asks running processes", "give it --from-pids PID …")
    if args.pids is not None and args.format is not None:
        raise UsageError("--from says what FILE is", "leave it out with --from-pids")


def _draft(args: argparse.Namespace, directory: str) -> tuple[Draft, str]:
    """The draft, and how its source is called in messages."""
    from dataclasses import replace

    from orchestrator.importing.names import label

    if args.name is not None and label(args.name) != args.name:
        raise UsageError(
            f"{args.name!r} is no name for a topology", "use lower-case letters, digits and `-`, at most 63"
        )
    draft, source = _observed(args, directory) if args.pids else _read(args, directory)
    return (draft if args.name is None else replace(draft, name=args.name)), source


def _read(args: argparse.Namespace, directory: str) -> tuple[Draft, str]:
    from orchestrator.importing.formats import Format
    from orchestrator.importing.sources import STDIN, STDIN_ARGUMENT, read_source

    wanted = None if args.format is None else Format(args.format)
    draft = read_source(args.file, directory, wanted)
    return draft, STDIN if args.file == STDIN_ARGUMENT else args.file


def _observed(args: argparse.Namespace, directory: str) -> tuple[Draft, str]:
    from orchestrator.importing.processes import observe
    from orchestrator.importing.running import draft_of

    seen = observe(args.pids)
    answers = None
    if args.probe:
        from orchestrator.importing.probe import probe

        here = [one.place for process in seen for one in process.listening if not one.place.namespace]
        answers = probe(dict.fromkeys(here))
    home = Path(directory).resolve()
    return draft_of(seen, home.name, answers=answers, directory=str(home)), _PROCESSES


def _schema(directory: str) -> str | None:
    """The schema beside the topology, where `orchestrator init` has put it."""
    from orchestrator.app.init import SCHEMA_FILE

    return SCHEMA_FILE if Path(directory, SCHEMA_FILE).is_file() else None


def _write(output: str | None, text: str, *, force: bool) -> None:
    try:
        if output is None:
            sys.stdout.buffer.write(text.encode("utf-8", "replace"))
            sys.stdout.buffer.flush()
            return
        with Path(output).open(
            "w" if force else "x", encoding="utf-8", errors="replace", newline="\n"
        ) as file:
            file.write(text)
    except BrokenPipeError:
        raise
    except OSError as failure:
        reason = failure.strerror or str(failure)
        raise OrchestratorError(
            f"{output or 'standard output'} can't be written: {reason}", "name another file with -o"
        ) from failure


def _tell(draft: Draft, said: tuple[Told, ...], output: str | None) -> None:
    from orchestrator.diagnostics.text import harmless

    for one in said:
        sys.stderr.write(f"{harmless(str(one))}\n")
    opened = sum(one.is_open for one in said)
    left = len(said) - opened - sum(one.is_hint for one in said)
    parts = [_count(len(draft.nodes), "node")]
    if left:
        parts.append(f"{left} left out")
    parts.append(f"{_count(opened, 'place')} to be filled in" if opened else "nothing to be filled in")
    file = "" if output is None else f"{output}: "
    sys.stderr.write(harmless(f"{file}{', '.join(parts)}") + "\n")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
