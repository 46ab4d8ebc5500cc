"""`orchestrator config`: what a file comes to, and what it takes from the environment."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode

if TYPE_CHECKING:
    from orchestrator.app.config import Variable
    from orchestrator.diagnostics import Diagnostic

HELP = "Print the resolved topology: files joined, defaults and variables filled in."
EXAMPLE = """
orchestrator config topology.yaml
orchestrator config topology.yaml --variables   # what it takes from outside
"""
_STDIN = "<stdin>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a topology file, or - for standard input")
    parser.add_argument(
        "-f", "--format", choices=("yaml", "json"), help="yaml (default) or json; of variables text or json"
    )
    parser.add_argument(
        "--variables", action="store_true", help="list the variables of the environment instead"
    )
    parser.add_argument(
        "--profile",
        action="append",
        default=[],
        metavar="NAME",
        help="only the nodes that take part with this profile",
    )
    add_colour_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 when it is printed, 1 when the file can't be read as a topology."""
    file, text = args.file, None
    if file == "-":
        file, text = _STDIN, sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    return _variables(args, file, text) if args.variables else _topology(args, file, text)


def _topology(args: argparse.Namespace, file: str, text: str | None) -> int:
    from orchestrator.app.config import resolve_file, write

    found = resolve_file(file, text=text, environ=os.environ, profiles=args.profile)
    _report(args, found.findings, found.sources)
    if found.data is None:
        return ExitCode.FINDINGS
    sys.stdout.write(write(found.data, args.format or "yaml"))
    return ExitCode.OK


def _variables(args: argparse.Namespace, file: str, text: str | None) -> int:
    from orchestrator.app.config import variables_of

    found = variables_of(file, text=text, environ=os.environ)
    _report(args, found.findings, found.sources)
    if args.format == "json":
        told = {"version": 1, "variables": [_fields(v) for v in found.variables]}
        sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_table(found.variables))
    return ExitCode.FINDINGS if found.findings else ExitCode.OK


def _report(args: argparse.Namespace, findings: Sequence[Diagnostic], sources: Mapping[str, str]) -> None:
    if findings:
        from orchestrator.diagnostics.text import TextFormat

        style = TextFormat(sources, colour=wants_colour(args.color, sys.stderr))
        sys.stderr.write(style.findings(findings) + "\n")


def _fields(variable: Variable) -> dict[str, object]:
    return {
        "name": variable.name,
        "required": variable.required,
        "defaults": list(variable.defaults),
        "message": variable.message,
        "set": variable.source is not None,
        "source": variable.source,
        "places": [
            {"file": place.file, "line": place.line, "column": place.column} for place in variable.places
        ],
    }


def _table(variables: Iterable[Variable]) -> str:
    rows = [("NAME", "REQUIRED", "SET", "DEFAULT", "USED AT")]
    for variable in variables:
        rows.append(
            (
                variable.name,
                "required" if variable.required else "optional",
                variable.source or "not set",
                " or ".join(repr(default) for default in variable.defaults) or "-",
                ", ".join(map(str, variable.places)),
            )
        )
    if len(rows) == 1:
        return "no variables\n"
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) + "\n"
        for row in rows
    )
