"""What is put around a handler: the way back to who asked, and what an exception means (`on_error`).

A node whose handlers need neither pays for neither.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import zmq

from orchestrator.sdk.current import at_hand

if TYPE_CHECKING:
    from orchestrator.sdk.reports.rejects import Rejects
    from orchestrator.sdk.socket import Socket

Call = Callable[[Any, Any], Any]
Route = Callable[[Any, Any], None]


class Failed:
    """The result of a handler that has raised."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


def answering(socket: Socket, call: Call, *, is_async: bool) -> Call:
    """`call`, with `reply` meaning the sender of its message."""

    def at(message: Any, extra: Any) -> Any:
        at_hand.set((socket, extra))
        result = call(message, extra)
        at_hand.set(None)
        return result

    def begin(message: Any, extra: Any) -> Any:
        result = call(message, extra)
        within = _each_at if inspect.isasyncgen(result) else _at
        return within((socket, extra), result)

    return begin if is_async else at


async def _at(hand: tuple[Socket, Any], result: Awaitable[Any]) -> Any:
    at_hand.set(hand)  # here, and not where the handler is called: that may be in another context
    try:
        return await result
    finally:
        at_hand.set(None)


async def _each_at(hand: tuple[Socket, Any], results: AsyncIterator[Any]) -> AsyncIterator[Any]:
    at_hand.set(hand)
    try:
        async for result in results:
            yield result
    finally:
        at_hand.set(None)


def guarded(socket: Socket, call: Call, route: Route, rejects: Rejects) -> tuple[Call, Route]:
    """A handler and the way of its result, for a node that goes on when they raise."""

    at: list[Any] = [None]

    def failed(error: Exception) -> Failed:
        if isinstance(error, zmq.ContextTerminated):
            raise error  # the end of the process
        at_hand.set(None)
        rejects.failed(socket, error, socket.last_frames(at[0]), socket.last_sender())
        return Failed(error)

    async def settle(result: Awaitable[Any]) -> Any:
        try:
            return await result
        except Exception as error:  # noqa: BLE001 - the author's code; the topology says that it may raise
            return failed(error)

    async def each(results: AsyncIterator[Any]) -> AsyncIterator[Any]:
        try:
            async for result in results:
                yield result
        except Exception as error:  # noqa: BLE001 - as above
            yield failed(error)

    def careful(message: Any, extra: Any) -> Any:
        at[0] = message
        try:
            result = call(message, extra)
        except Exception as error:  # noqa: BLE001 - as above
            return failed(error)
        if result is None:  # as most are; the questions below take longer than all of the above
            return None
        if inspect.isawaitable(result):
            return settle(result)
        return each(result) if inspect.isasyncgen(result) else result

    def to(result: Any, extra: Any) -> None:
        if not isinstance(result, Failed):
            try:
                route(result, extra)
                return
            except Exception as error:  # noqa: BLE001 - it cannot be sent, or the handler is a generator
                result = failed(error)
        socket.answer_failure(result.error, extra)

    return careful, to
