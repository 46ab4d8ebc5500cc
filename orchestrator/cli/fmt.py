"""`orchestrator fmt`: the layout of topology files, with every comment kept."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.source.layout import LaidOut

HELP = "Lay topology files out in one way; values and comments stay as they are."
EXAMPLE = """
orchestrator fmt topology.yaml
orchestrator fmt --check --diff topologies/
"""
_STDIN = "<stdin>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="topology files, directories, or - (standard input)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    parser.add_argument("-q", "--quiet", action="store_true", help="only what could not be done")
    add_colour_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0; 1 when a file can't be laid out, or would change and --check or --diff is given."""
    from orchestrator.app.inputs import expand

    results = [_lay_out(one.file) for one in expand(args.files).files]
    changed = [result for result in results if result.is_changed]
    if args.diff:
        _show_diff(args, changed)
    elif not args.check:
        _write(results)
    failed = _complain(args, results)
    if not args.quiet:
        _tell(args, results, changed)
    would_change = bool(changed) and (args.check or args.diff)
    return ExitCode.FINDINGS if failed or would_change else ExitCode.OK


def _lay_out(file: str) -> LaidOut:
    from orchestrator.source.layout import lay_out
    from orchestrator.spec.order import key_order

    if file == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
        return lay_out(_STDIN, text, key_order)
    return lay_out(file, None, key_order)


def _write(results: Sequence[LaidOut]) -> None:
    """Changed files to their places; standard input to standard output, changed or not."""
    from orchestrator.app.rewriting import Change, rewrite

    rewrite(
        Change(file=result.file, before=result.before, after=result.after or "")
        for result in results
        if result.is_changed and result.file != _STDIN
    )
    for result in results:
        if result.file == _STDIN:
            text = result.before if result.after is None else result.after
            sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
            sys.stdout.buffer.flush()


def _show_diff(args: argparse.Namespace, changed: Sequence[LaidOut]) -> None:
    from orchestrator.app.rewriting import Change, diff

    colour = wants_colour(args.color, sys.stdout)
    for result in changed:
        is_input = result.file == _STDIN
        raw = result.before if is_input else Path(result.file).read_bytes().decode("utf-8")
        name = "-" if is_input else result.file
        for line in diff(Change(file=name, before=result.before, after=result.after or ""), raw):
            shown = _painted(line) if colour else line
            sys.stdout.buffer.write(shown.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def _painted(line: str) -> str:
    colours = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
    bare = line.rstrip("\r\n")
    colour = colours.get(line[0])
    return line if colour is None else f"{colour}{bare}\x1b[0m{line[len(bare) :]}"


def _complain(args: argparse.Namespace, results: Sequence[LaidOut]) -> bool:
    """Say which files are no YAML, and which can't be laid out; whether there was one."""
    from orchestrator.diagnostics.text import TextFormat, harmless

    for result in results:
        if result.finding is not None:
            style = TextFormat({result.file: result.before}, colour=wants_colour(args.color, sys.stderr))
            sys.stderr.write(style.finding(result.finding) + "\n")
        elif result.refused is not None:
            sys.stderr.write(f"error: {harmless(result.refused)}\nhelp: the file stays as it is\n")
    return any(result.after is None for result in results)


def _tell(args: argparse.Namespace, results: Sequence[LaidOut], changed: Sequence[LaidOut]) -> None:
    """What was done, on standard error: standard output may hold a text or a diff."""
    from orchestrator.diagnostics.text import harmless

    would = args.check or args.diff
    for result in changed:
        if result.file != _STDIN:
            sys.stderr.write(harmless(f"{'would reformat' if would else 'reformatted'} {result.file}") + "\n")
    left = len(results) - len(changed) - sum(result.after is None for result in results)
    if [result.file for result in results] != [_STDIN]:
        done = f"{_count(len(changed), 'file')} {'would be reformatted' if would else 'reformatted'}"
        sys.stderr.write(f"{done}, {left} left as {'it is' if left == 1 else 'they are'}\n")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
