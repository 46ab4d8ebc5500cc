"""`orchestrator validate`: every finding about every file, in one run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.brief import brief
from orchestrator.cli.choosing import add_choosing_arguments, overrides
from orchestrator.cli.outputs import add_output_arguments, chosen, show, write_files
from orchestrator.cli.terminal import add_colour_arguments, wants_colour
from orchestrator.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from orchestrator.app.check import Checked
    from orchestrator.cli.outputs import Outputs
    from orchestrator.diagnostics import Diagnostic

HELP = "Check topology files and report every finding."
EXAMPLE = """
orchestrator validate topology.yaml
orchestrator validate topologies/ --output sarif=report.sarif
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = brief(parser)
    group.add_argument(
        "files", nargs="+", metavar="FILE", help="topology files, directories, or - (standard input)"
    )
    add_output_arguments(group)
    add_choosing_arguments(group)
    group.add_argument("-q", "--quiet", action="store_true", help="findings only, no summary")
    add_colour_arguments(group, brief=True)


def run(args: argparse.Namespace) -> int:
    """0 when no finding is severe enough to fail the run, else 1."""
    from orchestrator.app.check import STDIN, check_file
    from orchestrator.app.policy import Policies

    outputs = chosen(args, os.environ)
    policies = Policies(overrides(args))
    results: list[Checked] = []
    for file in _files(args.files):
        if file == "-":
            text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
            results.append(check_file(STDIN, text=text, policies=policies))
        else:
            results.append(check_file(file, policies=policies))
    _tell(args, outputs, results)
    failed = any(result.policy.fails(finding) for result in results for finding in result.findings)
    return ExitCode.FINDINGS if failed else ExitCode.OK


def _tell(args: argparse.Namespace, outputs: Outputs, results: Sequence[Checked]) -> None:
    findings = [finding for result in results for finding in result.findings]
    if outputs.shown == "text":
        _show_text(args, results)
    elif outputs.shown == "concise":
        from orchestrator.diagnostics.concise import lines

        sys.stdout.write(lines(findings))
    if not args.quiet and outputs.shown in ("text", "concise"):
        _show_summary(findings, results)
    if outputs.need_report:
        from orchestrator.app.report import make

        report = make(results, findings)
        show(outputs, report)
        write_files(outputs, report)


def _show_text(args: argparse.Namespace, results: Sequence[Checked]) -> None:
    from orchestrator.diagnostics.text import TextFormat

    colour = wants_colour(args.color, sys.stdout)
    blocks = [TextFormat(r.sources, colour=colour).findings(r.findings) for r in results if r.findings]
    if blocks:
        sys.stdout.write("\n\n".join(blocks) + "\n")


def _show_summary(findings: Sequence[Diagnostic], results: Sequence[Checked]) -> None:
    from orchestrator.diagnostics.text import summary

    total = summary(findings, len(results), *_hidden(results))
    lines = ([f"\n{total}"] if total else []) + [_all_well(r) for r in results if r.ok and not r.findings]
    sys.stdout.write("\n".join(lines) + "\n" if lines else "")


def _all_well(result: Checked) -> str:
    from orchestrator.model.links import links

    assert result.topology is not None
    nodes, found = len(result.topology.nodes), len(links(result.topology))
    size = f"{_count(nodes, 'node')}, {_count(found, 'link')}"
    return f"{result.file}: {result.topology.name}, {size}, {', '.join(['no findings', *_hidden([result])])}"


def _hidden(results: Sequence[Checked]) -> list[str]:
    ignored = sum(result.ignored for result in results)
    return [f"{ignored} ignored by comments"] if ignored else []


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
