"""What the rules about socket options share: each option is judged once, and told by one rule."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.options import OptionFault


def findings(
    context: RuleContext, code: str, severity: Severity, *faults: OptionFault
) -> Iterator[Diagnostic]:
    """The problems of some kinds. A foreign program may have a libzmq with more in it: a warning there."""
    for found in context.option_problems:
        fault = found.problem.fault
        if fault not in faults:
            continue
        unknown_build = found.foreign and fault in (OptionFault.DRAFT, OptionFault.MISSING)
        owner = f"`{found.owner}`: " if found.owner else ""
        place = context.topology.place if _is_about_the_value(fault) else context.topology.key_place
        yield Diagnostic(
            code=code,
            severity=Severity.WARNING if unknown_build else severity,
            message=f"{owner}the option `{found.problem.option}` {found.problem.reason}",
            span=place(*found.path),
            path=found.path,
            help=found.problem.remedy,
        )


def _is_about_the_value(fault: OptionFault) -> bool:
    return fault in (OptionFault.TYPE, OptionFault.RANGE)
