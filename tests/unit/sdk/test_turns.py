"""A REQ and a REP send and receive by turns: who does not is told so, and handlers that yield answer each message
once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import zmq

from orchestrator.codecs import make_codec
from orchestrator.sdk import Node
from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.forms.functions import function_receiver, plan_function
from orchestrator.sdk.forms.receiving import receivers_of
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.running.runners import make_runner
from orchestrator.sdk.socket import Socket
from orchestrator.sdk.sockets import Sockets
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import QoS


@pytest.fixture(params=[False, True], ids=["bare", "envelope"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[Socket, Socket]]:
    context, control = zmq.Context(), NodeControl()
    # under a REQ whose requests are looked after lies a DEALER
    req, rep = context.socket(zmq.DEALER if request.param else zmq.REQ), context.socket(zmq.REP)
    rep.bind("inproc://asked")
    req.connect("inproc://asked")

    def made(name: str, kind: SocketType, raw: zmq.Socket[bytes]) -> Socket:
        qos = QoS(envelope=request.param)
        return Socket(
            name=name,
            socket_type=kind,
            raw=raw,
            codec=make_codec("json"),
            control=control,
            reporter=Reporter(),
            qos=qos,
        )

    try:
        yield made("ask", SocketType.REQ, req), made("asked", SocketType.REP, rep)
    finally:
        control.close()
        context.destroy(linger=0)


def context_of(asked: Socket) -> NodeContext:
    return NodeContext(
        node="n", name="n", replica=0, params={}, sockets=Sockets([asked]), control=asked._control
    )


@pytest.mark.parametrize("ends", [False], indirect=True)
def test_who_speaks_out_of_turn_is_told_what_to_do(ends):
    ask, asked = ends
    with pytest.raises(NodeError, match="'asked' is a REP: it has nothing to answer") as caught:
        asked.send(1)
    assert caught.value.remedy
    with pytest.raises(NodeError, match="'ask' is a REQ: it has asked nothing"):
        ask.take()
    ask.send(1)
    with pytest.raises(NodeError, match="'ask' is a REQ: it waits for the reply") as caught:
        ask.send(2)
    assert "retry" in caught.value.remedy
    assert asked.recv(timeout=5) == 1
    with pytest.raises(NodeError, match="'asked' is a REP: the message before"):
        asked.take()
    asked.send(3)
    with pytest.raises(NodeError, match="it has nothing to answer"):
        asked.send(4)
    assert ask.recv(timeout=5) == 3


def function(message: Any) -> Iterator[Any]:
    yield from range(message)


class Class(Node):
    def on_asked(self, message: Any) -> Iterator[Any]:
        yield from range(message)


@pytest.mark.parametrize("form", [function, Class])
def test_a_handler_that_yields_answers_each_message_once(ends, form):
    ask, asked = ends
    context = context_of(asked)
    if form is function:
        receiver = function_receiver(plan_function(function, context), context)
    else:
        (receiver,) = receivers_of(make_runner(Class, context).node)
    for count, reply in ((1, 0), (0, None), (1, 0)):
        ask.send(count)
        message, extra = asked.receive(timeout=5)
        receiver.route(receiver.call(message, extra), extra)
        assert ask.recv(timeout=5) == reply
    ask.send(2)
    message, extra = asked.receive(timeout=5)
    with pytest.raises(NodeError, match="it has nothing to answer"):
        receiver.route(receiver.call(message, extra), extra)
