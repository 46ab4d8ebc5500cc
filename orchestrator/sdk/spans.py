"""OpenTelemetry spans around what a node's sockets do: one for each message that is handled, each that is
sent, each request until its reply.

Put around sockets whose messages have an envelope, once the environment has asked for it; else none of this
is loaded, and nothing is in the way of a message.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orchestrator.sdk.outgoing.batching import BatchOutlet
from orchestrator.sdk.outgoing.enveloping import Body, EnvelopeOutlet
from orchestrator.sdk.reports.telemetry import Telemetry
from orchestrator.sdk.requesting.calls import Call
from orchestrator.sdk.tracing import Work, current_work
from orchestrator.wire.envelope import MessageId, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.trace import Span

    from orchestrator.sdk.requesting.asking import Asking
    from orchestrator.sdk.socket import Socket

Handler = Callable[[Any, Any], Any]
Route = Callable[[Any, Any], None]


def instrument(socket: Socket, telemetry: Telemetry) -> None:
    """Have a socket make spans. One whose messages have no envelope makes none: nothing would join them."""
    if not socket.qos.envelope:
        return
    socket.telemetry = telemetry
    if isinstance(socket.outlet, EnvelopeOutlet):
        _sends(socket, socket.outlet, telemetry)
    if socket.asking is not None:
        _requests(socket, socket.asking, telemetry)


@contextmanager
def _within(telemetry: Telemetry, span: Span) -> Iterator[None]:
    """What is sent inside belongs to this span."""
    token = current_work.set(_inside(current_work.get(), telemetry.ids(span)))
    try:
        yield
    finally:
        current_work.reset(token)


def _inside(work: Work | None, ids: Trace) -> Work:
    if work is None:
        return Work(None, span=ids)
    return Work(work.parent, work.deadline_ns, work.cause, work.request, ids)


def _present() -> Trace | None:
    work = current_work.get()
    return None if work is None else work.span


# -------------------------------------------------------------------------------- sending


def _sends(socket: Socket, outlet: EnvelopeOutlet, telemetry: Telemetry) -> None:
    dispatch = outlet.dispatch
    caused: list[Trace] = []

    def traced(body: Body, *arguments: Any, **keywords: Any) -> MessageId:
        if body.count > 1:
            span = telemetry.batch(socket.name, tuple(caused), body.count)
        else:
            span = telemetry.sending(
                socket.name, socket.type, caused[0] if caused else _present(), request=False
            )
        caused.clear()
        try:
            with _within(telemetry, span):
                number = dispatch(body, *arguments, **keywords)
        except BaseException as error:
            telemetry.end(span, error=error)
            raise
        telemetry.end(span, number)
        return number

    outlet.dispatch = traced  # type: ignore[method-assign]
    outlet.transforms.append(
        lambda _body: None
    )  # one that changes nothing, so that all messages come this way
    outlet.heed()
    if isinstance(outlet, BatchOutlet):
        send = socket.send

        def collect(message: Any, **keywords: Any) -> None:
            present = _present()
            if present is not None:
                caused.append(present)
            send(message, **keywords)

        socket.send = collect  # type: ignore[method-assign]


def _requests(socket: Socket, asking: Asking, telemetry: Telemetry) -> None:
    begin = asking.begin

    def traced(message: Any, timeout: float | None) -> Call:
        span = telemetry.sending(socket.name, socket.type, _present(), request=True)
        try:
            with _within(telemetry, span):
                call = begin(message, timeout)
        except BaseException as error:
            telemetry.end(span, error=error)
            raise

        def over(call: Call) -> None:
            telemetry.end(
                span, call.request, call.outcome if isinstance(call.outcome, BaseException) else None
            )

        if call.done:
            over(call)
        else:
            call.on_done.append(over)
        return call

    asking.begin = traced  # type: ignore[method-assign]


# -------------------------------------------------------------------------------- handling


def traced(socket: Socket, telemetry: Telemetry, call: Handler, route: Route) -> tuple[Handler, Route]:
    """A handler and the way of its result, as one span."""

    async def settle(result: Awaitable[Any], span: Span) -> Any:
        try:
            return _Result(await result, span)
        except BaseException as error:
            telemetry.end(span, error=error)
            raise

    async def each(results: AsyncIterator[Any], span: Span) -> AsyncIterator[Any]:
        try:
            async for result in results:
                yield result
        except BaseException as error:
            telemetry.end(span, error=error)
            raise
        telemetry.end(span)

    def handle(message: Any, extra: Any) -> Any:
        work = current_work.get()
        parent = None if work is None else work.parent
        span = telemetry.handling(socket.name, socket.type, parent, None if work is None else work.cause)
        current_work.set(_inside(work, telemetry.ids(span)))
        try:
            result = call(message, extra)
        except BaseException as error:
            telemetry.end(span, error=error)
            raise
        if inspect.isawaitable(result):
            return settle(result, span)
        return each(result, span) if inspect.isasyncgen(result) else _Result(result, span)

    def to(result: Any, extra: Any) -> None:
        if not isinstance(result, _Result):  # one of several that a handler yields
            route(result, extra)
            return
        try:
            route(result.value, extra)
        except BaseException as error:
            telemetry.end(result.span, error=error)
            raise
        telemetry.end(result.span)

    return handle, to


class _Result:
    """What a handler has returned, and the span that its way back belongs to."""

    __slots__ = ("span", "value")

    def __init__(self, value: Any, span: Span) -> None:
        self.value = value
        self.span = span
