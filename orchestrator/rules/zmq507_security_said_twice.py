"""A socket is secured by `security`, and by options too.

## Why

`security` sets the options of the mechanism itself, with keys from files that can be rotated. The same
options written by hand go another way: whichever is set last counts, and that is nothing to rely on. Secret
keys do not belong in the topology file either.

## Bad

```yaml
nodes:
  server:
    run: app.server:Server
    sockets:
      requests: {type: ROUTER, bind: auto, codec: json, security: curve, options: {plain_server: true}}
```

## Good

```yaml
nodes:
  server:
    run: app.server:Server
    sockets:
      requests: {type: ROUTER, bind: auto, codec: json, security: curve}
```

## Source

zmq_curve(7), zmq_plain(7); the language reference, `security`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.mechanisms import Mechanism, security_by_options, security_of

CODE: Final = "ZMQ507"
NAME: Final = "security-said-twice"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find sockets of ours that `security` secures, with options of a mechanism."""
    for socket in context.sockets:
        if not socket.options or socket.ref not in context.securities or context.is_foreign(socket):
            continue
        options = security_by_options(socket).options
        own = security_of(context, socket)
        if not options or own.mechanism is Mechanism.NULL:
            continue
        path = context.option_path(socket, options[0])
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{socket.ref}` is {own.words} by `security`, and has `{options[0]}` among its options",
            span=context.topology.key_place(*path),
            path=path,
            help="take the options out; `orchestrator keys init FILE` makes the keys that are missing"
            if own.mechanism is Mechanism.CURVE
            else "take the options out; names and passwords stand in the file of `security.plain.users`",
        )
