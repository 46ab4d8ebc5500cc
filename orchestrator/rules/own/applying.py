"""A rule of the user's applied to a topology: what it yields becomes Diagnostics, its failure an error.

Pure as far as the rule is.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.diagnostics import Diagnostic, Related
from orchestrator.errors import UsageError
from orchestrator.model.types import Link, Topology
from orchestrator.rules.own.declaring import Finding, OwnRule, Where
from orchestrator.span import NOWHERE, Span
from orchestrator.vocabulary import Path

_LONGEST = 200
"""Characters of somebody's exception that are repeated."""


class OwnRuleError(UsageError):
    """A rule or a policy of the user's that can't be used: nobody can tell if a topology is fine."""


def apply(rule: OwnRule, topology: Topology) -> Iterator[Diagnostic]:
    """Every finding of one rule. Raises OwnRuleError when the rule raises, or yields what is no finding."""
    try:
        yielded: object = rule.check(topology)
        if not isinstance(yielded, list | tuple | Iterator):
            raise _nonsense(rule, "returned", yielded)
        found = tuple(yielded)
    except OwnRuleError:
        raise
    except (Exception, SystemExit) as problem:
        # somebody's code: whatever it raises is told as theirs, in one line
        raise OwnRuleError(
            f"{blamed(problem, rule.file) or rule.place}: the rule {rule.code} raised {told(problem)}, "
            f"on {topology.file}",
            f"mend the rule, or go without it: --ignore {rule.code}",
        ) from problem
    for one in found:
        if not isinstance(one, Finding):
            raise _nonsense(rule, "yielded", one)
        yield _diagnostic(rule, one, topology)


def _nonsense(rule: OwnRule, verb: str, what: object) -> OwnRuleError:
    shown = f"a value of type {type(what).__name__}"
    if what is None or isinstance(what, Finding):
        shown = "None" if what is None else "a finding that is in no list"
    return OwnRuleError(
        f"{rule.place}: the rule {rule.code} {verb} {shown}",
        'a rule yields findings, `yield finding(node, "what is wrong")`, or returns a list of them',
    )


def blamed(problem: BaseException, file: str) -> str | None:
    """`file:line` of the innermost line of `file` that an exception went through."""
    line, trace = None, problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return None if line is None else f"{file}:{line}"


def told(problem: BaseException) -> str:
    """An exception in one line: `KeyError: 'team'`."""
    try:
        text = str(problem)
    except Exception:  # noqa: BLE001 - a `__str__` of somebody's that fails must not hide the exception
        text = "…"
    kind = type(problem).__name__
    text = " ".join(text.split())
    return f"{kind}: {text[:_LONGEST]}" if text else kind


def _diagnostic(rule: OwnRule, found: Finding, topology: Topology) -> Diagnostic:
    span, path = _place(found.where, topology)
    if found.key and path:
        inner = topology.place(*path, *found.key)
        if inner not in (topology.place(*path), NOWHERE):
            span = inner
        path = (*path, *found.key)
    return Diagnostic(
        code=rule.code,
        severity=rule.severity,
        message=found.message,
        span=span,
        path=path,
        help=found.remedy,
        related=(
            *_other_end(found.where),
            *(Related(text, _place(where, topology)[0]) for text, where in found.related),
        ),
    )


def _place(where: Where, topology: Topology) -> tuple[Span, Path]:
    if isinstance(where, Span):
        return where, ()
    if isinstance(where, Link):
        socket = where.connector or where.binder
        span = where.connector_span or where.binder_span
        if span is None:
            span = socket.span if socket is not None else topology.span
        return span, () if socket is None else socket.path
    path = getattr(where, "path", ())
    return where.span, path if isinstance(path, tuple) else ()


def _other_end(where: Where) -> tuple[Related, ...]:
    """A finding about a link shows both its ends."""
    if not isinstance(where, Link) or where.connector_span is None:
        return ()
    if where.binder is not None and where.binder_span is not None:
        return (Related(f"`{where.binder.ref}` binds `{where.address}` here", where.binder_span),)
    if where.endpoint is not None:
        return (Related(f"`{where.endpoint.name}` is declared here", where.endpoint.span),)
    return ()
