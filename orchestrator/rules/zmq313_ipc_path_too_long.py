"""The path of an ipc address is longer than 107 bytes.

## Why

A Unix socket's path has room for 107 bytes. What counts is the path after resolving it: expressions
replaced, the replica's index appended. libzmq refuses longer ones (ENAMETOOLONG). A relative path counts as
it is written.

## Bad

```yaml
nodes:
  engine:
    command: ./engine
    sockets:
      rpc: {type: REP, bind: "ipc:///scratch/a-very-long-project-directory-name/that-keeps-on-growing/with-every-run/\
        engine_0123456789abcdef0123456789abcdef_rpc"}
```

## Good

```yaml
nodes:
  engine:
    command: ./engine
    sockets:
      rpc: {type: REP, bind: auto}
```

## Source

unix(7), `sun_path`; zmq_ipc(7). Measured: 107 bytes bind, 108 do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext
from orchestrator.transport.endpoint import MAX_IPC_PATH, ParsedEndpoint, Transport

CODE: Final = "ZMQ313"
NAME: Final = "ipc-path-too-long"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Measure the paths that are bound; of one that is connected only, the connect."""
    bound = {_longest(site) for site in context.resolution.binds}
    for index, site in enumerate(context.all_sites):
        path = _longest(site)
        size = len(path.encode())
        is_bind = index < len(context.resolution.binds)
        if size <= MAX_IPC_PATH or (path in bound and not is_bind):
            continue
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{site.socket.ref}`: the ipc path has {size} bytes; the limit is {MAX_IPC_PATH}",
            span=site.span,
            path=site.address.path,
            help="shorten the directory, use a hash of the name, or write `bind: auto`",
        )


def _longest(site: Site) -> str:
    """The longest path of all replicas, as libzmq is given it; empty for what is no path."""
    paths = [
        _given(site, spot)
        for spot in site.spots
        if isinstance(spot, ParsedEndpoint) and spot.transport is Transport.IPC
    ]
    return max(paths, key=lambda path: len(path.encode()), default="")


def _given(site: Site, spot: ParsedEndpoint) -> str:
    written = site.text.removeprefix("ipc://")
    if written.startswith(("/", "@")) or "${{" in written:
        return spot.path
    suffix = spot.path[spot.path.rfind("-") :] if len(site.spots) > 1 else ""
    return written + suffix
