"""What `validate` prints for people: findings, statistics, a summary."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from orchestrator.cli.terminal import wants_colour

_NAMED: Final = 10
"""Files without findings that are named; a repository may hold hundreds."""

if TYPE_CHECKING:
    from orchestrator.app.check import Checked
    from orchestrator.app.validate import Outcome


def show_findings(args: argparse.Namespace, shown: str, outcome: Outcome) -> None:
    """Every finding as `text` or `concise`, or the statistics in their place."""
    findings = outcome.findings
    if args.statistics:
        from orchestrator.app.rulebook import known
        from orchestrator.diagnostics.statistics import statistics

        names = dict(known())
        for result in outcome.results:
            names |= result.policy.known
        sys.stdout.write(statistics(findings, names))
    elif shown == "concise":
        from orchestrator.diagnostics.concise import lines

        sys.stdout.write(lines(findings, mark_fixes=not args.fix))
    elif findings:
        from orchestrator.diagnostics.text import TextFormat

        colour = wants_colour(args.color, sys.stdout)
        text = TextFormat(outcome.sources, colour=colour, mark_fixes=not args.fix)
        sys.stdout.write(text.findings(findings) + "\n")


def show_summary(args: argparse.Namespace, outcome: Outcome, skipped: Sequence[str]) -> None:
    """How many findings there are and how many can be fixed, the files without any, what was left out."""
    from orchestrator.cli.fixing import fixable
    from orchestrator.diagnostics.text import harmless, summary

    total = summary(outcome.findings, len(outcome.results), *_hidden(outcome.results))
    lines = ["", total] if total else []
    lines += filter(None, [fixable(args, outcome.findings)])
    clean = [result for result in outcome.results if result.ok and not result.findings]
    lines += map(_all_well, clean[: _NAMED if len(clean) > _NAMED + 1 else None])
    if len(clean) > _NAMED + 1:
        lines.append(f"{len(clean) - _NAMED} more files, no findings")
    if skipped:
        names = ", ".join(skipped[:3]) + (", …" if len(skipped) > 3 else "")
        lines.append(f"Skipped {_count(len(skipped), 'YAML file')} of another kind: {names}")
    sys.stdout.write("".join(f"{harmless(line)}\n" for line in lines))


def _all_well(result: Checked) -> str:
    from orchestrator.model.links import links

    assert result.topology is not None
    nodes, found = len(result.topology.nodes), len(links(result.topology))
    size = f"{_count(nodes, 'node')}, {_count(found, 'link')}"
    return f"{result.file}: {result.topology.name}, {size}, {', '.join(['no findings', *_hidden([result])])}"


def _hidden(results: Sequence[Checked]) -> list[str]:
    """What is not told, and why."""
    ignored, known = sum(r.ignored for r in results), sum(r.known for r in results)
    return [
        *([f"{ignored} ignored by comments"] if ignored else []),
        *([f"{known} known from the baseline"] if known else []),
    ]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
