"""`orchestrator graph`: the graph of a topology for other tools, and its numbers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.completion_kinds import takes
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode, OrchestratorError, UsageError

if TYPE_CHECKING:
    from orchestrator.graph.build import Graph
    from orchestrator.model.load import Loaded
    from orchestrator.model.types import Topology

HELP = "Write the graph of nodes and links for other tools, or tell its numbers."
EXAMPLE = """
orchestrator graph topology.yaml -o topology.graphml
orchestrator graph topology.yaml --stats
"""
_STDIN = "<stdin>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a topology file, or - for standard input")
    written = parser.add_argument(
        "-f", "--format", metavar="FORMAT", help="json (default), graphml, gexf, dot; of --stats text, json"
    )
    takes(written, _formats)
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="the file to write; its suffix tells the format"
    )
    parser.add_argument(
        "--stats", action="store_true", help="components, longest path, what all depends on, fan-in, fan-out"
    )
    add_colour_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 when it is written, 1 when the file can't be read as a topology."""
    wanted = _format(args)
    loaded = _load(args)
    if loaded.topology is None:
        return ExitCode.FINDINGS
    from orchestrator.graph import from_topology

    graph = from_topology(loaded.topology)
    text = _numbers(graph, wanted) if args.stats else _exported(graph, loaded.topology, wanted)
    _write(args.output, text)
    return ExitCode.OK


def _formats() -> Iterable[str]:
    from orchestrator.export.graphs import FORMATS

    return (*FORMATS, "text")


def _format(args: argparse.Namespace) -> str:
    from orchestrator.export.graphs import FORMATS, format_of_file

    formats = ("text", "json") if args.stats else tuple(FORMATS)
    suffix = None if args.output in (None, "-") or args.stats else format_of_file(args.output)
    if args.format is None and args.output not in (None, "-") and suffix is None and not args.stats:
        raise UsageError(f"the suffix of {args.output} names no format", f"say --format {', '.join(formats)}")
    wanted = args.format or suffix or formats[0]
    if wanted not in formats:
        raise UsageError(f"there is no format {wanted!r} here", f"the formats are {', '.join(formats)}")
    return str(wanted)


def _load(args: argparse.Namespace) -> Loaded:
    from orchestrator.model.load import load

    if args.file == "-":
        loaded = load(_STDIN, text=sys.stdin.buffer.read().decode("utf-8", "surrogateescape"))
    else:
        loaded = load(args.file)
    if loaded.diagnostics:
        from orchestrator.diagnostics.text import TextFormat

        style = TextFormat(loaded.sources, colour=wants_colour(args.color, sys.stderr))
        sys.stderr.write(style.findings(loaded.diagnostics) + "\n")
    return loaded


def _exported(graph: Graph, topology: Topology, wanted: str) -> str:
    from orchestrator.export.graphs import FORMATS
    from orchestrator.graph import plain

    return FORMATS[wanted](plain(graph, topology))


def _numbers(graph: Graph, wanted: str) -> str:
    from orchestrator.export.numbers import to_json, to_text
    from orchestrator.graph import stats

    found = stats(graph)
    return to_json(found) if wanted == "json" else to_text(found)


def _write(output: str | None, text: str) -> None:
    if output is None or output == "-":
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8", newline="\n")
    except OSError as failure:
        reason = failure.strerror or str(failure)
        raise OrchestratorError(
            f"{output} can't be written: {reason}", "name another file with -o"
        ) from failure
