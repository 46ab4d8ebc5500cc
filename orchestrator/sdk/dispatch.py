"""The dispatcher: which handler a message goes to, and the loop that takes messages from ready sockets in
turn."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import zmq

from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.forms.receiving import Receiver, receivers_of
from orchestrator.sdk.tracing import current_work

if TYPE_CHECKING:
    from orchestrator.lanes import InLane
    from orchestrator.sdk.context import Attached

BATCH = 100
"""Messages taken from one socket before the others get their turn."""


def dispatch(node: Attached) -> None:
    """Run the node's `on_<socket>` handlers until it is to stop."""
    run_receivers(receivers_of(node), node.context.control)


def run_receivers(receivers: list[Receiver], control: NodeControl) -> None:
    """The loop: drain what is ready, poll only when a socket has nothing left, give every socket its turn."""
    control.dispatching = True
    if len(receivers) == 1 and (lane := receivers[0].socket.lane) is not None:
        _run_one(receivers[0], lane, control)
        return
    progress = control.progress
    wake = control.wake.fd
    interest: list[tuple[Any, int]] = [(r.socket.raw, zmq.POLLIN) for r in receivers]
    interest.append((wake, zmq.POLLIN))
    by_raw = {r.socket.raw: r for r in receivers}
    sockets = [r.socket for r in receivers]
    unfinished: list[Receiver] = []
    while not control.stopping:
        for receiver in receivers:  # what has been received already is no news to poll(2)
            if receiver.socket.inlet.holds and receiver not in unfinished:
                unfinished.append(receiver)
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
            current_work.set(None)  # what timers and the other sockets do has another cause
        control.run_due(idle=True)
        if control.drain is not None:
            control.drain.look(sockets)


def _run_one(receiver: Receiver, lane: InLane, control: NodeControl) -> None:
    """The same loop for one socket whose messages come by a lane, which waits as well."""
    sockets, wake, progress = [receiver.socket], control.wake.fd, control.progress
    call, simple, route = receiver.simple or receiver.call, receiver.simple is not None, receiver.route
    while not control.stopping:
        wait_ms = control.poll_ms(control.wait_ms, idle=True)
        if lane.serve(call, simple, route, progress, control, BATCH, wake, wait_ms):
            control.run_commands()
        current_work.set(None)
        control.run_due(idle=True)
        if control.drain is not None:
            control.drain.look(sockets)


def _drain(receiver: Receiver, control: NodeControl) -> bool:
    """Handle up to BATCH messages. True when more may be waiting."""
    take, call, route = receiver.socket.take, receiver.call, receiver.route
    progress, simple = control.progress, receiver.simple
    lane = receiver.socket.lane
    if lane is not None:
        return lane.drain(simple or call, simple is not None, route, progress, control, BATCH)
    if simple is not None:
        for _ in range(BATCH):
            found = take()
            if found is None:
                return False
            result = simple(found[0])
            if result is not None:
                route(result, found[1])
            progress.steps += 1
            if control.stopping:
                return False
        return True
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
