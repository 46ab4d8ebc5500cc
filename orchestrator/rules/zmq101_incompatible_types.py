"""Two sockets meet whose types cannot talk to each other.

## Why

libzmq raises no error for a wrong pair. Over tcp and ipc it accepts the connection, drops it in the
handshake, and `send()` still succeeds: the message is gone. Over inproc it makes no handshake at all, so a
wrong pair connects and misbehaves (PUSH to SUB even delivers).

| type | talks to |
| --- | --- |
| PAIR | PAIR |
| PUB, XPUB | SUB, XSUB |
| PUSH | PULL |
| REQ | REP, ROUTER |
| REP | REQ, DEALER |
| DEALER | REP, DEALER, ROUTER |
| ROUTER | REQ, DEALER, ROUTER |

## Bad

```yaml
nodes:
  server:
    command: ./server
    sockets:
      req: {type: REQ, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      req: {type: REQ, connect: server.req}
```

## Good

```yaml
nodes:
  server:
    command: ./server
    sockets:
      rep: {type: REP, bind: tcp://127.0.0.1:5555}
  client:
    command: ./client
    sockets:
      req: {type: REQ, connect: server.rep}
```

## Source

RFC 37, "The Socket-Type Property"; libzmq, `mechanism.cpp`, `check_socket_type`; the guide, chapter 3,
"Request-Reply Combinations". Observed with libzmq 4.3.5: CONNECTED, then DISCONNECTED, and no error
anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Edit, Fix, Severity
from orchestrator.model.types import Link, Socket
from orchestrator.rules.context import RuleContext, binds_here
from orchestrator.transport.compatibility import compatible, mutual_lock, peers_of
from orchestrator.vocabulary import SocketType

CODE: Final = "ZMQ101"
NAME: Final = "incompatible-types"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Judge every pair of sockets once."""
    told: set[tuple[str, str]] = set()
    for meeting in context.resolution.meetings:
        link = meeting.link
        here, there = _ends(link)
        if there is None or SocketType.STREAM in (here[1], there[1]) or compatible(here[1], there[1]):
            continue
        if (here[0], there[0]) not in told:
            told.add((here[0], there[0]))
            yield _finding(context, link, here, there)


_End = tuple[str, SocketType]


def _ends(link: Link) -> tuple[_End, _End | None]:
    """The socket that is blamed (the connector, where it is one of ours), and the other end if known."""
    binder, connector, endpoint = link.binder, link.connector, link.endpoint
    outside = None if endpoint is None or endpoint.type is None else (endpoint.name, endpoint.type)
    if connector is not None:
        here = (connector.ref, connector.type)
        return here, outside if binder is None else (binder.ref, binder.type)
    assert binder is not None
    return (binder.ref, binder.type), outside


def _finding(context: RuleContext, link: Link, here: _End, there: _End) -> Diagnostic:
    (name, own), (other_name, other) = here, there
    verb = "connects to" if link.connector is not None else "is met by"
    lock = mutual_lock(own, other)
    why = f"{lock}, so no message can pass" if lock else f"{other} talks to {_either(peers_of(other))} only"
    better = _other_socket(context, link)
    span = link.connector_span or link.binder_span
    socket = link.connector or link.binder
    assert span is not None and socket is not None
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"`{name}` ({own}) {verb} `{other_name}` ({other}) at {link.address}: {why}",
        span=span,
        path=socket.path,
        related=binds_here(link) if link.connector is not None or link.endpoint is not None else (),
        help=f"{_better(better) or _remedy(here, there)}; {_what_happens(link)}",
        fix=_fix(context, link, better),
    )


def _other_socket(context: RuleContext, link: Link) -> Socket | None:
    """The one socket of the binding node that the connector can talk to: the other side of a broker."""
    if link.binder is None or link.connector is None:
        return None
    fitting = [
        socket
        for socket in context.node_of(link.binder).sockets.values()
        if socket.binds and socket is not link.binder and compatible(link.connector.type, socket.type)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _better(socket: Socket | None) -> str | None:
    return None if socket is None else f"connect to `{socket.ref}` ({socket.type}) instead"


def _fix(context: RuleContext, link: Link, better: Socket | None) -> Fix | None:
    """Where the address names the wrong side of a broker, it can name the other one."""
    connector, binder = link.connector, link.binder
    if better is None or connector is None or binder is None or link.connector_span is None:
        return None
    named = [a for a in connector.connects if a.span == link.connector_span and a.text == binder.ref]
    span = link.connector_span
    if not named or span.line != span.end_line or span.end_column - span.column != len(binder.ref):
        return None
    return Fix(title=f"connect to `{better.ref}`", edits=(Edit(span, better.ref),), safe=False)


def _remedy(here: _End, there: _End) -> str:
    (name, own), (other_name, other) = here, there
    if {own, other} & {SocketType.PUB, SocketType.XPUB} and {own, other} & {SocketType.PULL}:
        reader, feed = (here, there) if own is SocketType.PULL else (there, here)
        return (
            f"make `{reader[0]}` SUB with `subscribe`, or `{feed[0]}` PUSH "
            "(then each message goes to one reader only)"
        )
    if SocketType.SUB in (own, other) and SocketType.PUSH in (own, other):
        reader, feed = (here, there) if own is SocketType.SUB else (there, here)
        return f"make `{reader[0]}` PULL, or `{feed[0]}` PUB (then every reader gets each message)"
    if own is other:
        return f"make one of the two {_either(peers_of(own))}"
    return f"make `{name}` {_either(peers_of(other))}, or `{other_name}` {_either(peers_of(own))}"


def _what_happens(link: Link) -> str:
    if link.address.startswith("inproc:"):
        return "inproc makes no check, so they would connect and misbehave without an error"
    return "libzmq drops the connection in its handshake without an error, and `send()` still succeeds"


def _either(types: tuple[SocketType, ...]) -> str:
    names = [t.value for t in types]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
