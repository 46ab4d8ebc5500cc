"""`security: plain` without a file of names and passwords.

## Why

The end that binds compares names and passwords with those of a file, and the end that connects takes its
own from it: `security.plain.users` of the topology says which. Without one a node that has such a socket
fails at its start.

## Bad

```yaml
nodes:
  server:
    run: app.server:Server
    sockets:
      requests: {type: ROUTER, bind: auto, codec: json, security: plain}
```

## Good

```yaml
security: {plain: {users: users}}
nodes:
  server:
    run: app.server:Server
    sockets:
      requests: {type: ROUTER, bind: auto, codec: json, security: plain}
```

## Source

The language reference, `security.plain`; RFC 24 (PLAIN).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.wire.qos import Mechanism

CODE: Final = "ZMQ509"
NAME: Final = "plain-without-users"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find sockets of ours that say `security: plain` where the topology names no users."""
    if context.topology.security is not None and context.topology.security.users is not None:
        return
    for socket in context.sockets:
        said = socket.security
        if said is None or said.mechanism is not Mechanism.PLAIN or context.is_foreign(socket):
            continue
        path = (*socket.path, "security")
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{socket.ref}` says `security: plain`, and the topology names no file of users",
            span=context.topology.place(*path),
            path=path,
            help="add `security: {plain: {users: FILE}}` at the top of the file",
        )
