"""A socket binds to a host name.

## Why

A bind takes a network interface, by its name (`eth0`) or its address, or `*` for all of them. It looks up
no names: a DNS name is ENODEV, "No such device".

## Bad

```yaml
nodes:
  svc:
    command: ./svc
    sockets:
      out: {type: REP, bind: "tcp://zmq.service.example.org:5999"}
```

## Good

```yaml
nodes:
  svc:
    command: ./svc
    sockets:
      out: {type: REP, bind: "tcp://127.0.0.1:5999"}
```

## Source

zmq_tcp(7), "Assigning a local address to a socket"; pyzmq issue 269; tried with libzmq 4.3.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import HostKind

CODE: Final = "ZMQ307"
NAME: Final = "bind-hostname"
SEVERITY: Final = Severity.ERROR

_DNS_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.[A-Za-z][A-Za-z0-9-]+\.?")
"""Labels with dots, the last of which begins with a letter; `eth0.100` is an interface (a VLAN)."""
_INTERFACE: Final = re.compile(r"(?=.*\d)[A-Za-z0-9_.@:-]{2,15}")
"""Interfaces are numbered (`eth0`, `enp3s0`, `docker0`) and have at most 15 characters (IFNAMSIZ)."""


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find binds to names: dotted ones are host names for sure; others, when they look like no interface."""
    for site in context.resolution.binds:
        parsed = site.parsed
        if parsed is None or parsed.host_kind is not HostKind.NAME:
            continue
        certain = _DNS_NAME.fullmatch(parsed.host) is not None
        if not certain and _INTERFACE.fullmatch(parsed.host):
            continue
        port = "*" if parsed.port is None else parsed.port
        fact = (
            "a host name, which a bind does not look up"
            if certain
            else "the name of no usual network interface"
        )
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY if certain else Severity.WARNING,
            message=f'`{site.socket.ref}` binds {site.text}: `{parsed.host}` is {fact} (ENODEV, "No '
            'such device")',
            span=site.span,
            path=site.address.path,
            help=f"write `tcp://*:{port}`, or an address of this host",
        )
