"""A key of the data path means nothing for this socket.

## Why

What a socket promises depends on what it does: only one that sends can hold messages back, batch them or
wait for its peers; only one that receives sees how old they are; only one that asks (REQ, DEALER) can ask
again, or ask another server. Elsewhere the key stands there and nothing happens. The same goes for `on_lag`
without `max_lag`, and for sockets of a program of yours, which the orchestrator does not make.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, codec: json, retry: {attempts: 5}}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    sockets:
      ticks: {type: PUB, bind: auto, codec: json, delivery: lossless}
```

## Source

RFC 28 to 31; the language reference, `nodes.NAME.sockets.NAME`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.promising import promising
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import Delivery, Limits, Mechanism, OnLag

CODE: Final = "ZMQ143"
NAME: Final = "promise-without-effect"
SEVERITY: Final = Severity.WARNING

_ASKING: Final = (SocketType.REQ, SocketType.DEALER)
_IN_TURN: Final = (SocketType.REQ, SocketType.REP)
_BY_NAME: Final = (SocketType.REQ, SocketType.REP, SocketType.ROUTER)
_REMEDY: Final = "take it out"


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare what sockets promise with what their types can do."""
    for socket in promising(context):
        foreign = context.is_foreign(socket)
        for key, why, remedy in _of_foreign(socket) if foreign else _of_ours(context, socket):
            path = (*socket.path, key)
            yield Diagnostic(
                code=CODE,
                severity=Severity.ERROR if key == "security" else SEVERITY,
                message=f"`{key}` of `{socket.ref}` ({socket.type}) has no effect: {why}",
                span=context.topology.key_place(*path),
                path=path,
                help=remedy,
            )


_Told = tuple[str, str, str]
"""Key, reason, remedy."""


def _said(socket: Socket) -> dict[str, bool]:
    qos = socket.qos
    return {
        "delivery": qos.delivery is not None,
        "wait_for": qos.wait_for is not None,
        "max_lag": qos.max_lag_s is not None,
        "on_lag": qos.on_lag is not OnLag.REPORT,
        "failover": qos.failover is not None,
        "retry": qos.retry is not None,
        "breaker": qos.breaker is not None,
        "batch": qos.batch is not None,
        "shared_memory": bool(qos.shared_memory),
        "limits": qos.limits != Limits(),
    }


def _of_foreign(socket: Socket) -> Iterator[_Told]:
    for key, is_said in _said(socket).items():
        if is_said:
            yield (
                key,
                "the program makes its sockets itself",
                "take it out; the program may do it itself",
            )


def _of_ours(context: RuleContext, socket: Socket) -> Iterator[_Told]:
    said = _said(socket)
    if socket.type is SocketType.STREAM:
        kept = ("limits",)  # libzmq's own
        yield from (
            (key, "its peers speak no ZeroMQ", _REMEDY) for key in said if said[key] and key not in kept
        )
        if socket.qos.envelope:
            yield "envelope", "its peers speak no ZeroMQ", _REMEDY
        if socket.security is not None and socket.security.mechanism is not Mechanism.NULL:
            yield "security", "its peers speak no ZeroMQ", f"{_REMEDY}; secure the connection by other means"
        return
    yield from _of_a_receiver(socket, said)
    yield from _of_a_sender(socket, said)
    yield from _of_requests(context, socket, said)


def _of_a_receiver(socket: Socket, said: dict[str, bool]) -> Iterator[_Told]:
    for key in ("max_lag", "on_lag"):
        if said[key] and not socket.type.receives:
            yield key, "nothing arrives there", "say it at the sockets that receive"
    if said["on_lag"] and not said["max_lag"] and socket.type.receives:
        yield "on_lag", "no message is too old without `max_lag`", "add `max_lag`, such as `max_lag: 1s`"


def _of_a_sender(socket: Socket, said: dict[str, bool]) -> Iterator[_Told]:
    for key in ("wait_for", "batch", "shared_memory"):
        if said[key] and not socket.type.sends:
            yield key, "nothing leaves there", "say it at the sockets that send"
    if socket.qos.delivery is Delivery.LOSSLESS and not socket.type.sends:
        yield "delivery", "only the sender can wait", "say `delivery: lossless` at the sockets that send"
    if said["wait_for"] and socket.type is SocketType.REP:
        yield "wait_for", "it only answers, and whoever asks is there", _REMEDY
    if said["batch"] and socket.type in _IN_TURN:
        yield "batch", "it sends one message at a time, and waits for the answer", f"{_REMEDY}, or use DEALER"
    if socket.qos.delivery is Delivery.LATEST and socket.type in _BY_NAME:
        yield "delivery", "each of its messages is for one peer; none takes the place of another", _REMEDY


def _of_requests(context: RuleContext, socket: Socket, said: dict[str, bool]) -> Iterator[_Told]:
    for key in ("retry", "breaker", "failover"):
        if said[key] and socket.type not in _ASKING:
            yield key, "it asks for nothing; REQ and DEALER do", _REMEDY
    if said["failover"] and socket.type in _ASKING and _servers(context, socket) == 1:
        yield "failover", "it connects to one server only", "connect to others too, or take it out"


def _servers(context: RuleContext, socket: Socket) -> int:
    """How many it may connect to; 0 where that is not known."""
    if any("${{" in address.text for address in socket.connects) or not context.resolution.is_sound:
        return 0
    return sum(meeting.per_connector for meeting in context.resolution.of(socket))
