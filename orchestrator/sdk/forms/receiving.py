"""From a node's handlers to what the loop calls: a receiver for each socket, with its types, the way of its
results, and what an exception means."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from orchestrator.sdk.conversion import described, is_converted
from orchestrator.sdk.current import ANSWERS
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.forms.declared import Declaration, declarations_of, misfits
from orchestrator.sdk.forms.guarding import answering, guarded
from orchestrator.sdk.forms.handlers import (
    MUST_HANDLE,
    Handling,
    calling,
    handlings,
    message_type,
    not_handled,
    takes_more,
)
from orchestrator.sdk.forms.refusing import refusing
from orchestrator.sdk.forms.signatures import signature_of
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.socket import Socket
from orchestrator.sdk.sockets import attribute
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import OnError

if TYPE_CHECKING:
    from orchestrator.sdk.context import Attached

Extra = Any
"""A topic, a peer, or None: the second value of `Socket.receive`."""
Call = Callable[[Any, Extra], Any]
Route = Callable[[Any, Extra], None]

_NO_REPLY: Final = (SocketType.PULL, SocketType.SUB, SocketType.XSUB)
_PEER_TYPES: Final = (SocketType.ROUTER, SocketType.STREAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A socket, what to call for each of its messages, and where the result goes."""

    socket: Socket
    call: Call
    route: Route
    """Takes what `call` returned; must be called even for None, because a REP has to answer."""
    simple: Callable[[Any], Any] | None = None
    """The handler itself, where it takes the message alone and nobody waits for what it returns: the shortest
    way to call it. What it returns all the same goes to `route`."""


# -------------------------------------------------------------------------------- the sockets of a class


def give_sockets(node: Attached) -> None:
    """Set the sockets that the class declares as attributes. Raises NodeError when they do not fit."""
    declared = declarations_of(type(node))
    if not declared:
        return
    by_word = {attribute(socket.name): socket for socket in node.sockets}
    wrong = misfits(type(node).__name__, declared, {word: s.type for word, s in by_word.items()})
    if wrong:
        raise NodeError("; ".join(wrong), "change the node's sockets in the topology, or the declaration")
    for word in declared:
        setattr(node, word, by_word.get(word))


def give_types(node: Attached) -> None:
    """Have messages become the types that declarations and handlers name. Raises NodeError where the two
    disagree or the codec cannot."""
    declared = declarations_of(type(node))
    sockets = {attribute(socket.name): socket for socket in node.sockets}
    found = handlings(node, {word: socket.type for word, socket in sockets.items()})
    for word, socket in sockets.items():
        handling = found.get(word)
        methods = () if handling is None else tuple(dict.fromkeys(handling.methods))
        wanted, sent = _types(node, word, declared.get(word), methods)
        if is_converted(wanted) or is_converted(sent):
            socket.use_types(wanted, sent)


def _types(
    node: Attached, word: str, declared: Declaration | None, methods: tuple[str, ...]
) -> tuple[Any, Any]:
    wanted, who = (None, "") if declared is None else (declared.receives, f"{declared.kind} {word}")
    for method in methods:
        noted, unread = message_type(getattr(node, method))
        if unread is not None and not is_converted(wanted):
            node.log.warning(
                "%s.%s: the annotation %s cannot be read at run time, so messages stay what the codec makes",
                type(node).__name__,
                method,
                unread,
            )
        if not is_converted(noted):
            continue
        if is_converted(wanted) and noted != wanted:
            raise NodeError(
                f"{type(node).__name__}: {who} has {described(wanted)}, and {method} takes {described(noted)}"
            )
        wanted, who = noted, method
    return wanted, None if declared is None else declared.sends


# -------------------------------------------------------------------------------- receivers


def receivers_of(node: Attached) -> list[Receiver]:
    """The node's handlers, checked against its sockets. Raises NodeError for a socket nobody handles."""
    sockets = {attribute(socket.name): socket for socket in node.sockets}
    found = handlings(node, {word: socket.type for word, socket in sockets.items()})
    receivers = []
    for word, socket in sockets.items():
        handling = found.get(word)
        if handling is not None:
            receivers.append(_receiver(node, socket, handling))
        elif socket.type in MUST_HANDLE:
            raise NodeError(not_handled(type(node), word))
    return receivers


def _receiver(node: Attached, socket: Socket, handling: Handling) -> Receiver:
    name = type(node).__name__
    for method in handling.methods:
        if not callable(getattr(node, method)):
            raise NodeError(f"{name}.{method} is no method")
    is_async = any(signature_of(getattr(node, method)).is_async for method in handling.methods)
    route = reply_route(socket, f"{name}.{handling.methods[0]}")
    if any(inspect.isgeneratorfunction(getattr(node, method)) for method in handling.methods):
        route = each_of(route)
    call = calling(node, handling)
    receiver = finished(socket, call, route, is_async=is_async)
    if is_async or receiver.call is not call or receiver.route is not route or handling.topics:
        return receiver
    handler = getattr(node, handling.methods[0])
    if socket.type not in _NO_REPLY or takes_more(handler):
        return receiver
    return replace(receiver, simple=handler)


def finished(socket: Socket, call: Call, route: Route, *, is_async: bool) -> Receiver:
    """A receiver with what the socket's type and the node's `on_error` put around the handler."""
    if socket.telemetry is not None:
        from orchestrator.sdk.spans import traced

        call, route = traced(socket, socket.telemetry, call, route)
    if socket.type in ANSWERS:
        call = answering(socket, call, is_async=is_async)
    if socket.type in (SocketType.REP, SocketType.ROUTER) and socket.qos.envelope:
        call, route = refusing(socket, call, route)
    rejects = socket.rejects
    if rejects is not None and rejects.on_error is not OnError.FAIL:
        call, route = guarded(socket, call, route, rejects)
    return Receiver(socket=socket, call=call, route=route)


def unused_handlers(node: Attached) -> list[str]:
    """Names of `on_…` methods that no socket will ever call."""
    used = {f"on_{attribute(s.name)}" for s in node.sockets}
    return [
        m for m in dir(type(node)) if m.startswith("on_") and m not in used and callable(getattr(node, m))
    ]


# -------------------------------------------------------------------------------- the way of a result


def reply_route(socket: Socket, who: str) -> Route:
    """Where a handler's result goes when the socket itself can answer; elsewhere only None is right."""
    match socket.type:
        case SocketType.REP:
            return _rep_route(socket)
        case SocketType.ROUTER | SocketType.STREAM | SocketType.DEALER | SocketType.PAIR:
            return _peer_route(socket)
        case _:

            def nowhere(result: Any, _extra: Extra) -> None:
                if result is not None:
                    raise NodeError(
                        f"{who} returned {type(result).__name__}, and a {socket.type} socket takes no reply",
                        "send it: self.sockets.NAME.send(…)",
                    )

            return nowhere


def each_of(route: Route) -> Route:
    """For a handler that yields: each value goes the way of a result. A REP that got none of them answers all
    the same."""

    def route_all(result: Any, extra: Extra) -> None:
        if not inspect.isgenerator(result):
            route(result, extra)
            return
        for one in result:
            route(one, extra)
        route(None, extra)

    return route_all


def _rep_route(socket: Socket) -> Route:
    def reply(result: Any, _extra: Extra) -> None:
        if result is not None:
            socket.send(result)
        elif socket.owes:
            socket.send_nothing()  # a handler that has sent the reply itself returns None as well

    return reply


def _peer_route(socket: Socket) -> Route:
    def reply(result: Any, extra: Extra) -> None:
        if result is not None:
            socket.send(result, peer=extra if isinstance(extra, Peer) else None)

    return reply


__all__ = [
    "Extra",
    "Receiver",
    "each_of",
    "finished",
    "give_sockets",
    "give_types",
    "receivers_of",
    "reply_route",
    "unused_handlers",
]
