"""Where findings go: one format on standard output, and as many into files as are asked for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.completion_kinds import Joined, Kind, takes
from orchestrator.diagnostics.formats import FORMATS, render
from orchestrator.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.diagnostics.report import Report

FOR_PEOPLE: Final = ("text", "concise")
"""Formats that a summary may follow, and GitHub's annotations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What goes where. `files` is path -> format."""

    shown: str
    files: Mapping[str, str]
    annotate: bool
    """Whether standard output gets GitHub's annotations as well."""

    @property
    def need_report(self) -> bool:
        """Whether there is more to write than people read on the terminal."""
        return bool(self.files) or self.annotate or self.shown not in FOR_PEOPLE


def add_output_arguments(parser: argparse._ActionsContainer) -> None:
    """`--format` and `--output`."""
    takes(
        parser.add_argument("-f", "--format", metavar="FORMAT", help="text, concise, json, sarif, github, …"),
        lambda: FORMATS,
    )
    further = parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="a further format into a file; repeatable",
    )
    takes(further, Joined((lambda: FORMATS,), (Kind.FILE,)))


def chosen(args: argparse.Namespace, environ: Mapping[str, str]) -> Outputs:
    """What the arguments ask for. Raises UsageError for a format or a form that is not known."""
    files: dict[str, str] = {}
    shown = None if args.format is None else _format(args.format)
    for word in args.output:
        name, equals, path = word.partition("=")
        if not equals or not path:
            raise UsageError(f"--output {word}: no file", "write FORMAT=FILE, such as sarif=report.sarif")
        if path == "-":
            if shown is not None:
                raise UsageError(f"--output {word}: standard output has a format already", "name a file")
            shown = _format(name)
        elif path in files:
            raise UsageError(f"--output {word}: {path} would be written twice", "name another file")
        else:
            files[path] = _format(name)
    shown = shown or "text"
    on_github = environ.get("GITHUB_ACTIONS") == "true"
    annotate = on_github and shown in FOR_PEOPLE and "github" not in files.values()
    return Outputs(shown=shown, files=files, annotate=annotate)


def write_files(outputs: Outputs, report: Report) -> None:
    """Write every file. Raises UsageError when one can't be written."""
    for path, name in outputs.files.items():
        try:
            Path(path).write_text(render(name, report), encoding="utf-8", errors="replace", newline="\n")
        except OSError as failure:
            raise UsageError(
                f"{path} can't be written: {failure.strerror}", "name another file: --output FORMAT=FILE"
            ) from failure


def show(outputs: Outputs, report: Report) -> None:
    """What goes to standard output beside what people read there."""
    if outputs.shown not in FOR_PEOPLE:
        sys.stdout.write(render(outputs.shown, report))
    elif outputs.annotate:
        sys.stdout.write(render("github", report))


def _format(name: str) -> str:
    if name in FORMATS:
        return name
    from difflib import get_close_matches

    near = get_close_matches(name, FORMATS, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"there is no format {name!r}", f"{hint}the formats are {', '.join(FORMATS)}")
