"""Two sockets bind the same address.

## Why

Over tcp, inproc and abstract ipc names the second bind fails with EADDRINUSE, and its node does not start.
Over an ipc path both succeed, which is worse: the second silently takes the path, and the first is never
reached again.

`*` takes its port on every interface. With replicas a fixed port becomes a range, one port per replica.
Relative ipc paths are compared after resolving them.

## Bad

```yaml
nodes:
  worker1:
    command: ./worker
    sockets:
      log: {type: PUB, bind: tcp://127.0.0.1:12345}
  worker2:
    command: ./worker
    sockets:
      log: {type: PUB, bind: tcp://127.0.0.1:12345}
```

## Good

```yaml
nodes:
  worker1:
    command: ./worker
    sockets:
      log: {type: PUB, connect: listener.log}
  worker2:
    command: ./worker
    sockets:
      log: {type: PUB, connect: listener.log}
  listener:
    command: ./listener
    sockets:
      log: {type: SUB, bind: tcp://127.0.0.1:12345, subscribe: [""]}
```

## Source

zmq_bind(3), EADDRINUSE; zmq_ipc(7); pyzmq issue 1544; libzmq issue 2059. Measured: of two ipc binders the
first got nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.resolution import Clash
from orchestrator.model.sites import Site
from orchestrator.rules.context import RuleContext
from orchestrator.transport.compatibility import compatible
from orchestrator.transport.endpoint import ParsedEndpoint, Transport
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ306"
NAME: Final = "two-binders"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Tell each group of binds that cannot all hold."""
    for clash in context.resolution.clashes:
        blamed = clash.others[-1] if len(clash.others) == 1 else clash.others[0]
        parsed = clash.first.parsed
        assert parsed is not None
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"{_who(clash)} {_where(context, clash, parsed)}; {_what_happens(parsed)}",
            span=blamed.span,
            path=blamed.address.path,
            related=tuple(
                Related(f"`{site.socket.ref}` binds {site.text} here", site.span)
                for site in (clash.first, *clash.others)
                if site is not blamed
            ),
            help=_remedy(context, clash, blamed),
        )


def _who(clash: Clash) -> str:
    refs = list(dict.fromkeys(site.socket.ref for site in (clash.first, *clash.others)))
    if len(refs) == 1:
        return f"`{refs[0]}` binds twice:"
    names = ", ".join(f"`{ref}`" for ref in refs[:-1])
    return f"{names} and `{refs[-1]}` {'both' if len(refs) == 2 else 'all'} bind"


def _where(context: RuleContext, clash: Clash, parsed: ParsedEndpoint) -> str:
    texts = list(dict.fromkeys(site.text for site in (clash.first, *clash.others)))
    ranges = [site for site in (clash.first, *clash.others) if len(site.spots) > 1]
    if ranges:
        replicas = context.node_of(ranges[0].socket).replicas
        return f"{' and '.join(texts)} (`{ranges[0].socket.node}` takes {replicas} of them, one per replica)"
    if len(texts) > 1 and parsed.port is not None:
        return f"port {parsed.port} ({', '.join(texts)})"
    return " and ".join(texts)


def _what_happens(parsed: ParsedEndpoint) -> str:
    if parsed.transport is Transport.IPC and not parsed.is_abstract:
        return "this raises no error: the last one silently takes the path, and the others become unreachable"
    return "all but one of them fail with EADDRINUSE"


def _remedy(context: RuleContext, clash: Clash, blamed: Site) -> str:
    sites = (clash.first, *clash.others)
    if any(_are_ends(clash.first.socket.type, site.socket.type) for site in clash.others):
        return f"one end of a link binds, the other connects: write `connect: {clash.first.socket.ref}` here"
    shared = _common_peer(context, sites)
    if shared is not None:
        return f"let `{shared}` bind, and the others connect to it"
    return f"give `{blamed.socket.ref}` an address of its own, or `bind: auto`"


def _are_ends(one: SocketType, other: SocketType) -> bool:
    """Whether two binders were probably meant for each other; two ROUTERs are rather two services."""
    return compatible(one, other) and (one is not other or one is SocketType.PAIR)


def _common_peer(context: RuleContext, sites: tuple[Site, ...]) -> str | None:
    peers = [{other.ref for _, other in context.peers(site.socket)} for site in sites]
    common = set.intersection(*peers)
    return min(common) if common else None
