"""`orchestrator render`: a picture of a topology; or whether a committed one is still true."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.brief import brief
from orchestrator.cli.completion_kinds import Joined, Kind, takes
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode, OrchestratorError, UsageError

if TYPE_CHECKING:
    from orchestrator.model.load import Loaded
    from orchestrator.model.types import Topology
    from orchestrator.render import Format, Options
    from orchestrator.render.picture import Mark
    from orchestrator.span import Span

HELP = "Draw a topology."
EXAMPLE = """
orchestrator render topology.yaml -o topology.svg
"""
_STDIN = "<stdin>"
_THEMES = ("auto", "light", "dark")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    shown = brief(parser)
    add = shown.add_argument
    add("file", metavar="FILE", help="a topology file, or - for standard input")
    add("-o", "--output", metavar="OUT", help="the file to write, or -")
    takes(
        add(
            "-f", "--format", metavar="FMT", help="svg, png, pdf, html, dot, mmd, d2 (default: OUT's suffix)"
        ),
        _formats,
    )
    add("--theme", choices=_THEMES, default="auto", help="colours (default: auto)")
    group = add("--group", metavar="BY", default="process", help="process, host, label:KEY or none")
    takes(group, "process", "host", "none", Joined(("label",), (Kind.LABEL,), ":"))
    add("--collapse", metavar="GROUP", nargs="?", action="append", const="", help="a group as one box")
    focus = add("--focus", metavar="NODE", action="append", default=[], help="this node and what is near")
    takes(focus, Kind.NODE, Kind.ENDPOINT)
    add("--depth", metavar="N", type=int, default=1, help="how near (default: 1 link)")
    hide = add("--hide", metavar="WHAT", action="append", default=[], help="a node, or a socket type")
    takes(hide, Kind.NODE, Kind.ENDPOINT, _socket_types)
    add("--no-fold", dest="fold", action="store_false", help="draw each node, however many")
    add("--findings", action="store_true", help="mark what validate finds")
    add("--diff", metavar="OLD", help="show changes since a file or git:REV:path")
    add("--check", action="store_true", help="write nothing; 1 when OUT is out of date")
    add_colour_arguments(shown)


def _formats() -> Iterable[str]:
    from orchestrator.render.formats import Format

    return Format


def _socket_types() -> Iterable[str]:
    from orchestrator.vocabulary import SocketType

    return SocketType


def run(args: argparse.Namespace) -> int:
    """0 when the picture is written; 1 when the file can't be read as a topology, or OUT is out of date."""
    from orchestrator.render import render_with_notes

    if args.depth < 0:
        raise UsageError("--depth can't be negative", "0 is the node alone")
    output, wanted = _destination(args.output, args.format)
    loaded = _load(args.file)
    _report(loaded, args.color)
    if loaded.topology is None:
        return ExitCode.FINDINGS
    options = _options(args, loaded, output)
    if options is None:
        return ExitCode.FINDINGS
    if args.check:
        return _check(args, output, loaded.topology, options)
    picture = render_with_notes(loaded.topology, wanted, options)
    _write(output, picture.data)
    for note in picture.notes:
        sys.stderr.write(f"note: {note}\n")
    return ExitCode.OK


def _options(args: argparse.Namespace, loaded: Loaded, output: Path | None) -> Options | None:
    """What the arguments ask for; None where the older topology can't be read, which has been told."""
    from orchestrator.render.options import Options, ThemeName

    old = None
    if args.diff is not None:
        old = _older(args.diff, args.color)
        if old is None:
            return None
    collapse = None
    if args.collapse is not None:
        collapse = tuple(word for word in args.collapse if word)
    return Options(
        theme=ThemeName(args.theme),
        group=args.group,
        focus=tuple(args.focus),
        depth=args.depth,
        hide=tuple(args.hide),
        collapse=collapse,
        fold=args.fold,
        old=old,
        marks=_marks(args.file, loaded) if args.findings else {},
        link=_Links(output) if output is not None and args.file != "-" else None,
    )


def _older(word: str, colour: str) -> Topology | None:
    from orchestrator.app.revisions import PREFIX, checked_out

    with ExitStack() as stack:
        file = word
        if word.startswith(PREFIX):
            file = stack.enter_context(checked_out(word, os.environ)).file
        loaded = _load(file)
        if loaded.topology is None:
            _report(loaded, colour)
        return loaded.topology


def _marks(file: str, loaded: Loaded) -> Mapping[str, tuple[Mark, ...]]:
    """What `validate` says, by the node that it is about."""
    from orchestrator.app.check import check_loaded
    from orchestrator.app.policy import Policies
    from orchestrator.render.picture import Mark

    found: dict[str, list[Mark]] = {}
    for finding in check_loaded(file, loaded, Policies().of(file)).findings:
        match finding.path:
            case ("nodes", str() as node, *_):
                mark = Mark(code=finding.code, severity=finding.severity.value, message=finding.message)
                found.setdefault(node, []).append(mark)
    return {node: tuple(marks) for node, marks in found.items()}


class _Links:
    """Where a click on a node leads: its line in the file, as seen from the picture."""

    def __init__(self, output: Path) -> None:
        self._from = output.parent

    def __call__(self, span: Span) -> str | None:
        if span.file.startswith("<"):
            return None
        try:
            path = os.path.relpath(span.file, self._from)
        except ValueError:  # on another drive
            return None
        return f"{Path(path).as_posix()}#L{span.line}"


def _check(args: argparse.Namespace, output: Path | None, topology: Topology, options: Options) -> int:
    from orchestrator.render import fingerprint_of
    from orchestrator.render.fingerprint import read

    if output is None:
        raise UsageError("--check compares a file, and none is given", "say -o topology.svg")
    again = f"write it again: orchestrator render {' '.join(_words(args))}"
    try:
        there = read(output.read_bytes())
    except OSError as failure:
        sys.stderr.write(f"error: {output} can't be read: {failure.strerror or failure}\nhelp: {again}\n")
        return ExitCode.FINDINGS
    if there == fingerprint_of(topology, options):
        return ExitCode.OK
    fact = "no picture of this program's" if there is None else f"out of date: {args.file} has changed"
    sys.stderr.write(f"error: {output} is {fact}\nhelp: {again}\n")
    return ExitCode.FINDINGS


def _words(args: argparse.Namespace) -> Iterator[str]:
    """The command line that writes what --check has compared."""
    import shlex

    yield shlex.quote(args.file)
    yield from ("-o", shlex.quote(args.output))
    if args.format:
        yield from ("-f", args.format)
    if args.theme != "auto":
        yield from ("--theme", args.theme)
    if args.group != "process":
        yield from ("--group", shlex.quote(args.group))
    for group in args.collapse or ():
        yield from ("--collapse", *([shlex.quote(group)] if group else []))
    for node in args.focus:
        yield from ("--focus", shlex.quote(node))
    if args.depth != 1:
        yield from ("--depth", str(args.depth))
    for what in args.hide:
        yield from ("--hide", shlex.quote(what))
    if not args.fold:
        yield "--no-fold"
    if args.findings:
        yield "--findings"
    if args.diff:
        yield from ("--diff", shlex.quote(args.diff))


def _destination(output: str | None, word: str | None) -> tuple[Path | None, Format]:
    """Where the picture goes (None is standard output) and in which format."""
    from orchestrator.render import format_named, format_of_file

    if output is None and word is None:
        raise UsageError(
            "neither a file to write nor a format is given", "say -o topology.svg, or --format mmd"
        )
    if output is None or output == "-":
        if word is None:
            raise UsageError("standard output has no suffix to tell the format", "say --format svg")
        wanted = format_named(word)
        if not wanted.is_text and sys.stdout.isatty():
            raise UsageError(f"a terminal can't show {wanted}", f"say -o topology.{wanted}")
        return None, wanted
    return Path(output), format_named(word) if word else format_of_file(output)


def _load(file: str) -> Loaded:
    from orchestrator.model.load import load

    if file == "-":
        return load(_STDIN, text=sys.stdin.buffer.read().decode("utf-8", "surrogateescape"))
    return load(file)


def _report(loaded: Loaded, colour: str) -> None:
    """What reading the file found. What the rules find is `validate`'s to say: a picture helps to see it."""
    from orchestrator.diagnostics.text import TextFormat

    if loaded.diagnostics:
        text = TextFormat(loaded.sources, colour=wants_colour(colour, sys.stderr))
        sys.stderr.write(text.findings(loaded.diagnostics) + "\n")


def _write(output: Path | None, data: bytes) -> None:
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(data)
    except OSError as failure:
        reason = failure.strerror or str(failure)
        raise OrchestratorError(
            f"{output} can't be written: {reason}", "name another file with -o"
        ) from failure
