"""`essential` and `auto_shutdown` do not go together.

## Why

The end of an `essential` node stops the topology when `supervision.auto_shutdown` says so. With `never` the
word `essential` has no effect, and where no node is essential the other values of `auto_shutdown` have none:
the topology goes on when the node that was meant has ended.

## Bad

```yaml
supervision: {auto_shutdown: all-essential}
nodes:
  feed:
    command: ./feed
```

## Good

```yaml
supervision: {auto_shutdown: all-essential}
nodes:
  feed:
    command: ./feed
    essential: true
```

## Source

The language reference, `supervision` and `essential`; supervisor(3) of Erlang/OTP refuses a significant child
under `auto_shutdown: never`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.span import NOWHERE
from orchestrator.vocabulary import AutoShutdown, Path

CODE: Final = "ZMQ619"
NAME: Final = "essential-without-effect"
SEVERITY: Final = Severity.WARNING

_KEY: Final[Path] = ("supervision", "auto_shutdown")


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the essential nodes with what their end is to mean."""
    topology = context.topology
    essential = [node for node in topology.nodes.values() if node.essential]
    when, span = topology.supervision.auto_shutdown, topology.place(*_KEY)
    if when is AutoShutdown.NEVER:
        for node in essential:
            path = (*node.path, "essential")
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{node.name}` is essential, and `auto_shutdown: never` takes no notice of its end",
                span=topology.place(*path),
                path=path,
                related=(Related("it is said here", span),),
                help="write `any-essential` or `all-essential`, or leave out `essential`",
            )
    elif not essential and span != NOWHERE and topology.written(_KEY) is not None:
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`auto_shutdown: {when}` waits for the end of essential nodes, and no node is essential",
            span=span,
            path=_KEY,
            help="write `essential: true` at the node whose end is that of the topology",
        )
