"""An inproc link joins two processes.

## Why

inproc exists inside one ZeroMQ context, and a context inside one process. Since libzmq 4.0 connecting to a
name that nobody binds is no error: `send()` succeeds, and nothing arrives.

Nodes with the same word under `process` share a process and a context; foreign programs never do.

## Bad

```yaml
nodes:
  reader:
    run: app:Reader
    sockets:
      in: {type: PULL, bind: "inproc://samples"}
  writer:
    run: app:Writer
    sockets:
      out: {type: PUSH, connect: "inproc://samples"}
```

## Good

```yaml
nodes:
  reader:
    run: app:Reader
    process: app
    sockets:
      in: {type: PULL, bind: "inproc://samples"}
  writer:
    run: app:Writer
    process: app
    sockets:
      out: {type: PUSH, connect: "inproc://samples"}
```

## Source

zmq_inproc(7). Measured across two contexts: nothing received, no error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.resolution import Across
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ312"
NAME: Final = "inproc-across-processes"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Tell each inproc connect whose binder lives elsewhere."""
    for across in context.resolution.across:
        connect, bind = across.connect, across.bind
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{connect.socket.ref}` connects to {bind.text}, bound by `{bind.socket.ref}` in "
                "another process; "
                "inproc exists inside one process only"
            ),
            span=connect.span,
            path=connect.address.path,
            related=(Related(f"`{bind.socket.ref}` binds here", bind.span),),
            help=_remedy(context, across),
        )


def _remedy(context: RuleContext, across: Across) -> str:
    here, there = across.connect.socket, across.bind.socket
    use = (
        "use ipc:// or tcp:// (`bind: auto` chooses); connect and send would not fail, and nothing "
        "would arrive"
    )
    if context.is_foreign(here) or context.is_foreign(there):
        return use
    return f"give `{here.node}` and `{there.node}` the same `process`, or {use}"
