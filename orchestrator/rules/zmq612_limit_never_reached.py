"""A node's pauses between restarts are so long that its limit of restarts is never reached.

## Why

`max_restarts` counts the failures within `window`. The pauses between them grow up to `backoff.max`. Where so
many pauses do not fit into the window, the old failures have left it before the limit is reached: a node that
fails at every start is started for ever, never counts as failed, and nobody hears of it.

A limit of 1000 or more is taken for "without an end".

## Bad

```yaml
nodes:
  worker:
    command: ./worker
    restart: {policy: on-failure, backoff: {initial: 1s, max: 30s}, max_restarts: 6, window: 30s}
```

## Good

```yaml
nodes:
  worker:
    command: ./worker
    restart: {policy: on-failure, backoff: {initial: 1s, max: 30s}, max_restarts: 6, window: 5m}
```

## Source

The language reference, `restart` and `backoff`; Erlang's supervisor, "Maximum Restart Intensity".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Backoff, Node
from orchestrator.rules.context import RuleContext
from orchestrator.rules.settings import setting_path, span_of
from orchestrator.vocabulary import Path, RestartPolicy

CODE: Final = "ZMQ612"
NAME: Final = "limit-never-reached"
SEVERITY: Final = Severity.WARNING

_FOR_EVER: Final = 1000


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the shortest time in which the limit can be reached with the window; once per place."""
    told: set[Path] = set()
    for node in context.topology.nodes.values():
        restart = node.restart
        if restart.policy is RestartPolicy.NEVER or not 0 < restart.max_restarts < _FOR_EVER:
            continue
        needed = shortest(restart.backoff, restart.max_restarts)
        if needed < restart.window_s:
            continue
        path = setting_path(context, node, "restart", "max_restarts")
        if path not in told:
            told.add(path)
            yield _finding(context, node, path, needed)


def shortest(backoff: Backoff, restarts: int) -> float:
    """Seconds from the first failure to the one after `restarts` restarts, if every start fails at once."""
    total, pause = 0.0, backoff.initial_s
    for _ in range(restarts):
        total += min(backoff.max_s, pause * (1 - backoff.jitter))
        pause = min(backoff.max_s, pause * backoff.factor)
    return total


def _finding(context: RuleContext, node: Node, path: Path, needed: float) -> Diagnostic:
    restart = node.restart
    backoff = setting_path(context, node, "restart", "backoff")
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{node.name}`: the pauses between {restart.max_restarts} restarts last at least "
        f"{needed:.3g}s, and restarts are counted within {restart.window_s:g}s: the limit is never reached, "
        "and a broken node is restarted for ever",
        span=span_of(context, node, path),
        path=path,
        related=(Related("the pauses", span_of(context, node, backoff)),) if backoff != path else (),
        help=f"make `window` longer than {needed:.3g}s, or `backoff.max` or `max_restarts` smaller",
    )
