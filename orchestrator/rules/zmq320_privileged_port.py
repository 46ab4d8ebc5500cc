"""A socket binds a port below 1024.

## Why

On most systems only root, or a program with CAP_NET_BIND_SERVICE, may bind a port below 1024: for everybody
else the bind fails (EACCES, "Permission denied"), and the node does not start. Where the programs have the
right, an ignore comment says so.

## Bad

```yaml
nodes:
  gateway:
    command: ./gateway
    sockets:
      requests: {type: ROUTER, bind: "tcp://127.0.0.1:843"}
```

## Good

```yaml
nodes:
  gateway:
    command: ./gateway
    sockets:
      requests: {type: ROUTER, bind: "tcp://127.0.0.1:8430"}
```

## Source

ip(7), "Address format"; capabilities(7), CAP_NET_BIND_SERVICE; ip-sysctl, `ip_unprivileged_port_start`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.ports import bound_ports

CODE: Final = "ZMQ320"
NAME: Final = "privileged-port"
SEVERITY: Final = Severity.WARNING

_FIRST_FREE: Final = 1024


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find binds of ports that not everybody may bind."""
    for ports in bound_ports(context):
        if ports.first >= _FIRST_FREE:
            continue
        site = ports.site
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{site.socket.ref}` binds {ports}: below {_FIRST_FREE} that takes root or "
            "CAP_NET_BIND_SERVICE",
            span=site.span,
            path=site.address.path,
            help=f"take a port from {_FIRST_FREE} on, such as {_suggested(ports.first)}",
        )


def _suggested(port: int) -> int:
    """The port with a digit added, as 8080 is for 80."""
    while port < _FIRST_FREE:
        port *= 10
    return port
