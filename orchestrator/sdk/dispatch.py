"""The dispatcher: which handler a message goes to, and the loop that takes messages from ready sockets in
turn."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import zmq

from orchestrator.sdk.control import NodeControl
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.signatures import signature_of
from orchestrator.sdk.sockets import Socket, attribute
from orchestrator.vocabulary import SocketType

if TYPE_CHECKING:
    from orchestrator.sdk.node import Node

BATCH = 100
"""Messages taken from one socket before the others get their turn."""

_MUST_HANDLE = (SocketType.SUB, SocketType.PULL, SocketType.XSUB, SocketType.REP, SocketType.ROUTER)

Extra = Any
"""A topic, a peer, or None: the second value of `Socket.receive`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A socket, what to call for each of its messages, and where the result goes."""

    socket: Socket
    call: Callable[[Any, Extra], Any]
    route: Callable[[Any, Extra], None]
    """Takes what `call` returned; must be called even for None, because a REP has to answer."""


def dispatch(node: Node) -> None:
    """Run the node's `on_<socket>` handlers until it is to stop."""
    run_receivers(receivers_of(node), node.context.control)


def run_receivers(receivers: list[Receiver], control: NodeControl) -> None:
    """The loop: drain what is ready, poll only when a socket has nothing left, give every socket its turn."""
    progress = control.progress
    wake = control.wake.fd
    interest: list[tuple[Any, int]] = [(r.socket.raw, zmq.POLLIN) for r in receivers]
    interest.append((wake, zmq.POLLIN))
    by_raw = {r.socket.raw: r for r in receivers}
    sockets = [r.socket for r in receivers]
    control.dispatching = True
    unfinished: list[Receiver] = []
    while not control.stopping:
        progress.busy_since = 0.0
        ready = zmq.zmq_poll(interest, 0 if unfinished else control.poll_ms(control.wait_ms, idle=True))
        progress.busy_since = time.monotonic()
        turn, unfinished = unfinished, []
        for item, _ in ready:
            if item == wake:
                control.run_commands()
            elif by_raw[item] not in turn:
                turn.append(by_raw[item])
        for receiver in turn:
            if not control.stopping and _drain(receiver, control):
                unfinished.append(receiver)
        control.run_due(idle=True)
        if control.drain is not None:
            control.drain.look(sockets)


def _drain(receiver: Receiver, control: NodeControl) -> bool:
    """Handle up to BATCH messages. True when more may be waiting."""
    take, call, route = receiver.socket.take, receiver.call, receiver.route
    progress = control.progress
    for _ in range(BATCH):
        found = take()
        if found is None:
            return False
        message, extra = found
        route(call(message, extra), extra)
        progress.steps += 1
        if control.stopping:
            return False
    return True


def receivers_of(node: Node) -> list[Receiver]:
    """The node's handlers, checked against its sockets. Raises NodeError for a socket nobody handles."""
    receivers = []
    for socket in node.sockets:
        name = f"on_{attribute(socket.name)}"
        handler = getattr(node, name, None)
        if handler is None:
            if socket.type in _MUST_HANDLE:
                raise NodeError(_unhandled(node, socket, name))
            continue
        if not callable(handler):
            raise NodeError(f"{type(node).__name__}.{name} is no method")
        receivers.append(
            Receiver(
                socket=socket, call=adapt(handler), route=reply_route(socket, f"{type(node).__name__}.{name}")
            )
        )
    return receivers


def _unhandled(node: Node, socket: Socket, name: str) -> str:
    methods = [m for m in dir(node) if m.startswith("on_")]
    near = difflib.get_close_matches(name, methods, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"socket {socket.name!r} receives, and {type(node).__name__} has no method {name}{hint}"


def unused_handlers(node: Node) -> list[str]:
    """Names of `on_…` methods that no socket will ever call."""
    used = {f"on_{attribute(s.name)}" for s in node.sockets}
    return [
        m for m in dir(type(node)) if m.startswith("on_") and m not in used and callable(getattr(node, m))
    ]


def adapt(handler: Callable[..., Any]) -> Callable[[Any, Extra], Any]:
    """A callable of message and extra, whichever of the two the handler takes."""
    signature = signature_of(handler)
    if len(signature.required_positional) >= 2 or signature.any_positional:
        return handler
    return lambda message, _extra: handler(message)


def reply_route(socket: Socket, who: str) -> Callable[[Any, Extra], None]:
    """Where a handler's result goes when the socket itself can answer; elsewhere only None is right."""
    match socket.type:
        case SocketType.REP:
            return _rep_route(socket)
        case SocketType.ROUTER | SocketType.STREAM:
            return _peer_route(socket)
        case _:

            def nowhere(result: Any, _extra: Extra) -> None:
                if result is not None:
                    raise NodeError(
                        f"{who} returned {type(result).__name__}, and a {socket.type} socket takes no reply",
                        "send it: self.sockets.NAME.send(…)",
                    )

            return nowhere


def _rep_route(socket: Socket) -> Callable[[Any, Extra], None]:
    counters = socket.counters

    def reply(result: Any, _extra: Extra) -> None:
        if result is not None:
            socket.send(result)
        elif counters.sent < counters.received:
            socket.send_nothing()  # a handler that has sent the reply itself returns None as well

    return reply


def _peer_route(socket: Socket) -> Callable[[Any, Extra], None]:
    def reply(result: Any, peer: Extra) -> None:
        if result is not None:
            socket.send(result, peer=peer)

    return reply
