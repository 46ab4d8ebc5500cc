"""A node can't become ready, or a task can't be done, within the time it has.

## Why

`delay` says after how long a node counts as ready (or a task as done) without being asked, and `timeout`
after how long it has failed. Where the delay is not shorter, the node fails at every start, and is restarted
until its limit is reached. A `ready` without a `timeout` has one of 60 s.

## Bad

```yaml
nodes:
  database:
    command: ./database
    ready: {delay: 90s}
```

## Good

```yaml
nodes:
  database:
    command: ./database
    ready: {delay: 90s, timeout: 2m}
```

## Source

The language reference, `ready`, `done` and `timeout`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import DelayProbe, Node, Probe
from orchestrator.rules.context import RuleContext
from orchestrator.span import Span
from orchestrator.vocabulary import NodeKind, Path

CODE: Final = "ZMQ614"
NAME: Final = "too-late"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare each delay with the time that bounds it."""
    for node in context.topology.nodes.values():
        ready = _delay(node.ready)
        if node.ready is not None and ready is not None and ready >= node.ready.timeout_s:
            yield _finding(
                context, node, node.ready, f"`{node.name}` counts as ready after {ready:g}s, and as failed",
                node.ready.timeout_s, (*node.ready.path, "timeout"),
            )  # fmt: skip
        done = _delay(node.done)
        if node.done is None or done is None or node.kind is not NodeKind.TASK:
            continue
        if node.timeout_s is not None and done >= node.timeout_s:
            yield _finding(
                context, node, node.done, f"`{node.name}` counts as done after {done:g}s, and as failed",
                node.timeout_s, (*node.path, "timeout"),
            )  # fmt: skip


def _delay(probe: Probe | None) -> float | None:
    return probe.kind.delay_s if probe is not None and isinstance(probe.kind, DelayProbe) else None


def _finding(
    context: RuleContext, node: Node, probe: Probe, fact: str, limit_s: float, limit: Path
) -> Diagnostic:
    path: Path = (*probe.path, "delay")
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"{fact} when {limit_s:g}s have passed without that: it always fails",
        span=context.topology.place(*path),
        path=path,
        related=_written(context, node, limit, limit_s),
        help="make `timeout` longer than the delay",
    )


def _written(context: RuleContext, node: Node, limit: Path, limit_s: float) -> tuple[Related, ...]:
    """The place of the timeout, where it is written."""
    place: Span = context.topology.place(*limit)
    parents = (context.topology.place(*limit[:-1]), context.topology.place(*node.path))
    return () if place in parents else (Related(f"the limit of {limit_s:g}s", place),)
