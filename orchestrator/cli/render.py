"""`orchestrator render`: a picture of a topology, as SVG, PNG, PDF, DOT or Mermaid."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode, OrchestratorError, UsageError

if TYPE_CHECKING:
    from orchestrator.model.load import Loaded
    from orchestrator.render import Format

HELP = "Draw a topology."
EXAMPLE = """
orchestrator render topology.yaml -o topology.svg
orchestrator render topology.yaml --format mmd   # Mermaid, on standard output
"""
_STDIN = "<stdin>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a topology file, or - for standard input")
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="the file to write, or - for standard output (needs --format)"
    )
    parser.add_argument(
        "-f", "--format", metavar="FORMAT", help="svg, png, pdf, dot or mmd (default: OUT's suffix)"
    )
    add_colour_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the picture is written, 1 when the file can't be read as a topology."""
    from orchestrator.render import render_with_notes

    output, wanted = _destination(args.output, args.format)
    loaded = _load(args.file)
    _report(loaded, args.color)
    if loaded.topology is None:
        return ExitCode.FINDINGS
    picture = render_with_notes(loaded.topology, wanted)
    _write(output, picture.data)
    for note in picture.notes:
        sys.stderr.write(f"note: {note}\n")
    return ExitCode.OK


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
