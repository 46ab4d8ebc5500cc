"""`orchestrator validate`: every finding about every file, in one run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode, UsageError

HELP = "Check topology files and report every finding."
EXAMPLE = """
orchestrator validate topology.yaml
orchestrator validate topologies/      # every .yaml and .yml in it
cat topology.yaml | orchestrator validate -
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="topology files, directories, or - for standard input"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print findings only, no summary")
    add_colour_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 when no file has an error, else 1."""
    from orchestrator.app.check import STDIN, Checked, check_file
    from orchestrator.diagnostics.text import TextFormat, summary

    colour = wants_colour(args.color, sys.stdout)
    results: list[Checked] = []
    for file in _files(args.files):
        if file == "-":
            text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
            results.append(check_file(STDIN, text=text))
        else:
            results.append(check_file(file))
    blocks = [TextFormat(r.sources, colour=colour).findings(r.findings) for r in results if r.findings]
    if blocks:
        sys.stdout.write("\n\n".join(blocks) + "\n")
    if not args.quiet:
        findings = [finding for result in results for finding in result.findings]
        total = summary(findings, len(results))
        lines = ([f"\n{total}"] if total else []) + [_all_well(r) for r in results if r.ok and not r.findings]
        sys.stdout.write("\n".join(lines) + "\n" if lines else "")
    return ExitCode.OK if all(result.ok for result in results) else ExitCode.FINDINGS


def _all_well(result: object) -> str:
    from orchestrator.app.check import Checked
    from orchestrator.model.links import links

    assert isinstance(result, Checked)
    assert result.topology is not None
    nodes, found = len(result.topology.nodes), len(links(result.topology))
    size = f"{_count(nodes, 'node')}, {_count(found, 'link')}"
    return f"{result.file}: {result.topology.name}, {size}, no findings"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _files(arguments: list[str]) -> Iterator[str]:
    for argument in arguments:
        path = Path(argument)
        if argument == "-" or not path.is_dir():
            yield argument
            continue
        found = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
        if not found:
            raise UsageError(f"{argument} holds no .yaml or .yml file", "name a topology file")
        yield from map(str, found)
