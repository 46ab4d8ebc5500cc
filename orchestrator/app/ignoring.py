"""Ignore comments of the files of one topology, applied to its findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from orchestrator.app.policy import Policy
from orchestrator.app.rulebook import is_fixed, is_fixed_code
from orchestrator.diagnostics import Diagnostic
from orchestrator.diagnostics.ignores import Ignore, hide, parse, unused

_ABOUT_THIS = "ZMQ90"
"""What the codes of findings about ignoring begin with."""


def ignoring(
    findings: Iterable[Diagnostic], sources: Mapping[str, str], policy: Policy, *, main: str, complete: bool
) -> tuple[list[Diagnostic], int]:
    """The findings that no comment hides, with those about the comments; and how many are hidden.

    `complete`: every rule has judged the topology, so a comment that hides nothing is not needed. Comments of
    included files are not judged so: another topology may need them.
    """
    from orchestrator.source.comments import find_comments

    known = policy.known
    ignores: list[Ignore] = []
    about: list[Diagnostic] = []
    for file, text in sources.items():
        if PurePath(file).name == ".env":
            continue
        for comment in find_comments(file, text):
            parsed = parse(comment, known, _refused, policy.may_be_own)
            about.extend(parsed.findings)
            if parsed.ignore is not None:
                ignores.append(parsed.ignore)
    findings = list(findings)
    left, used = hide(findings, ignores, is_fixed)
    if complete:
        ours = [ignore for ignore in ignores if ignore.comment.span.file == main]
        about.extend(unused(ours, used, policy.wants))
    return [*left, *about], len(findings) - len(left)


def _refused(code: str) -> bool:
    return code.startswith(_ABOUT_THIS) or is_fixed_code(code)
