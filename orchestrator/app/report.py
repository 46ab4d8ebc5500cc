"""From what was checked to what the formats want: the rules behind the findings, the repository's root."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from orchestrator.diagnostics.report import Report, RuleInfo

if TYPE_CHECKING:
    from orchestrator.app.validate import Outcome
    from orchestrator.rules.own.declaring import OwnRule

_CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY")
"""Where GitHub, GitLab and Azure say that the checkout is."""


def make(outcome: Outcome, *, environ: Mapping[str, str] | None = None) -> Report:
    """A report of a run, with everything that any format may tell of its findings."""
    from importlib.metadata import version

    directory = os.getcwd()  # noqa: PTH109
    findings = tuple(outcome.findings)
    return Report(
        findings=findings,
        files=tuple(result.file for result in outcome.results),
        sources=outcome.sources,
        rules=_rules((finding.code for finding in findings), _own(outcome)),
        version=version("zmq-orchestrator"),
        failed=outcome.failed,
        directory=directory,
        root=repository(directory, os.environ if environ is None else environ),
    )


def repository(directory: str, environ: Mapping[str, str]) -> str:
    """The root of the repository that `directory` is in: what CI says, else where `.git` is, else itself."""
    for name in _CHECKOUTS:
        root = environ.get(name, "")
        if root and _is_in(directory, os.path.normpath(root)):
            return os.path.normpath(root)
    here = directory
    while not os.path.exists(os.path.join(here, ".git")):  # noqa: PTH110, PTH118 - a file in a worktree
        above = os.path.dirname(here)  # noqa: PTH120
        if above == here:
            return directory
        here = above
    return here


def _is_in(directory: str, root: str) -> bool:
    try:
        return os.path.commonpath((directory, root)) == root
    except ValueError:  # two drives, or a relative path
        return False


def _own(outcome: Outcome) -> dict[str, OwnRule]:
    return {rule.code: rule for result in outcome.results for rule in result.policy.own}


def _rules(codes: Iterable[str], own: Mapping[str, OwnRule]) -> dict[str, RuleInfo]:
    from orchestrator.rules.catalogue import page, rule_of

    found: dict[str, RuleInfo] = {}
    for code in sorted(set(codes)):
        if code in own:
            mine = own[code]
            found[code] = RuleInfo(
                code=code,
                name=mine.name,
                severity=mine.severity,
                summary=mine.title,
                page=mine.whole_page(),
            )
            continue
        rule = rule_of(code)
        if rule is not None:
            found[rule.code] = RuleInfo(
                code=rule.code,
                name=rule.name,
                severity=rule.severity,
                summary=rule.summary,
                page=page(rule.code) or "",
            )
    return found
