"""Pickle arrives where others than the nodes of this topology can send.

## Why

Unpickling runs whatever the sender put in: who can connect can take the node over. By ipc the permissions
of a directory keep strangers out; at a tcp address anyone who reaches it may connect, on 127.0.0.1 every
user of the host. CURVE lets in only those whose keys are known.

## Bad

```yaml
nodes:
  worker:
    run: app.worker:Worker
    sockets:
      jobs: {type: PULL, bind: "tcp://127.0.0.1:5555", codec: pickle}
```

## Good

```yaml
nodes:
  worker:
    run: app.worker:Worker
    sockets:
      jobs: {type: PULL, bind: "tcp://127.0.0.1:5555", codec: msgpack}
```

## Source

The Python Standard Library, `pickle`: "Warning: The pickle module is not secure."
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.sites import Site
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.contracts import codec_of, place_of
from orchestrator.rules.mechanisms import Mechanism, mechanism_of
from orchestrator.transport.endpoint import Transport
from orchestrator.vocabulary import CodecName

CODE: Final = "ZMQ412"
NAME: Final = "pickle-from-strangers"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find receiving sockets of ours with the codec pickle, an address by tcp and no CURVE; each once."""
    told: set[str] = set()
    for site in context.all_sites:
        socket = site.socket
        if socket.ref in told or not socket.type.receives or not _is_reached(site):
            continue
        if codec_of(context, socket) != CodecName.PICKLE or context.is_foreign(socket):
            continue
        if mechanism_of(context, socket) is not Mechanism.CURVE:
            told.add(socket.ref)
            yield _finding(context, socket, site)


def _is_reached(site: Site) -> bool:
    return site.text.startswith("tcp:") or (
        site.parsed is not None and site.parsed.transport is Transport.TCP
    )


def _finding(context: RuleContext, socket: Socket, site: Site) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{socket.ref}` unpickles what comes by {site.text}: whoever can send there can run "
        "anything in the node",
        span=place_of(context, socket),
        path=(*socket.path, "codec" if socket.message is None else "message"),
        related=(Related("the address is here", site.span),),
        help="use another codec, or `security: curve`, or ipc (`bind: auto`)",
    )
