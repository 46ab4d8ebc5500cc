"""JUnit XML: a suite per file, a failed case per finding that fails the run, a passed case per clean file.

The elements are those that Jenkins, GitLab and GitHub's reporters all read (the Ant schema's).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from orchestrator.diagnostics import Diagnostic
from orchestrator.diagnostics.report import TOOL, Report, dotted

_UNSPEAKABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 (§2.2, Char) cannot hold, not even escaped."""


def render(report: Report) -> str:
    """`<testsuites>`. Findings below the run's limit are passed cases that tell them as their output."""
    suites = [_suite(report, file, found) for file, found in _by_file(report).items()]
    failed = sum(finding in report.failed for finding in report.findings)
    tests = sum(suite.count("<testcase ") for suite in suites)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="{TOOL} validate" tests="{tests}" failures="{failed}" errors="0">\n'
        f"{''.join(suites)}</testsuites>\n"
    )


def _by_file(report: Report) -> dict[str, list[Diagnostic]]:
    """File -> its findings; files that were checked and are clean have none."""
    found: dict[str, list[Diagnostic]] = {file: [] for file in report.files}
    for finding in report.findings:
        found.setdefault(finding.span.file, []).append(finding)
    return found


def _suite(report: Report, file: str, findings: list[Diagnostic]) -> str:
    where = _quoted(report.location(file))
    seen: Counter[str] = Counter()
    cases = [_case(report, finding, where, seen) for finding in findings]
    if not cases:
        cases = [f'    <testcase classname="{where}" name="no findings" file="{where}" time="0"/>\n']
    failed = sum(finding in report.failed for finding in findings)
    return (
        f'  <testsuite name="{where}" tests="{len(cases)}" failures="{failed}" errors="0" skipped="0" '
        f'time="0">\n{"".join(cases)}  </testsuite>\n'
    )


def _case(report: Report, finding: Diagnostic, where: str, seen: Counter[str]) -> str:
    name = f"{finding.code} {report.name_of(finding.code)}: {dotted(finding.path) or finding.message}"
    seen[name] += 1
    if seen[name] > 1:  # of cases with one name, most readers keep the first only
        name += f" ({seen[name]})"
    head = (
        f'    <testcase classname="{where}" name="{_quoted(name)}" file="{where}" '
        f'line="{finding.span.line}" time="0">\n'
    )
    told = _quoted(_told(finding))
    if finding in report.failed:
        message = _quoted(finding.message)
        body = f'      <failure type="{finding.severity}" message="{message}">{told}</failure>\n'
    else:
        body = f"      <system-out>{told}</system-out>\n"
    return f"{head}{body}    </testcase>\n"


def _told(finding: Diagnostic) -> str:
    lines = [f"{finding.span}: {finding.severity}: {finding.message} [{finding.code}]"]
    lines += [f"{related.span}: {related.message}" for related in finding.related]
    if finding.help:
        lines.append(f"help: {finding.help}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Text as it may stand in an attribute or an element."""
    text = _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, entity)
    return text
