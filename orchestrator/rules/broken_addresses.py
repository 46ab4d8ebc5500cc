"""What the rules about unreadable addresses share."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.resolution import Broken
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import ProblemKind


def findings(context: RuleContext, code: str, severity: Severity, kind: ProblemKind) -> Iterator[Diagnostic]:
    """The addresses that are broken in one way. One that stands under `endpoints` is told there, once."""
    for broken in context.resolution.broken:
        if broken.problem.kind is not kind:
            continue
        if broken.site is not None:
            owner, span, path = broken.site.socket.ref, broken.site.span, broken.site.address.path
        else:
            assert broken.endpoint is not None
            path = (*broken.endpoint.path, "address")
            owner, span = broken.endpoint.name, context.topology.place(*path)
        yield Diagnostic(
            code=code,
            severity=severity,
            message=f"`{owner}`: `{broken.problem.text}` {broken.problem.reason}",
            span=span,
            path=path,
            help=_remedy(broken),
        )


def _remedy(broken: Broken) -> str:
    suggestion = broken.problem.suggestion
    if broken.problem.kind is ProblemKind.PORT_RANGE:
        return "take a port from 1 to 65535; libzmq would raise no error and use another one (modulo 65536)"
    if suggestion is None:
        return "see zmq_tcp(7), zmq_ipc(7) and zmq_inproc(7) for what an address may be"
    if suggestion.endswith(":PORT"):
        return f"add the port: `{suggestion}`"
    return f"did you mean `{suggestion}`?"
