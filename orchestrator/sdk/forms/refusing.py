"""`raise RequestError(code, message)` in a handler: the caller is told, and the node goes on.

Put around the handlers of a REP or ROUTER. Where the sender cannot be told (its message says nowhere that it
is a request), the exception goes on as any other.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from orchestrator.sdk.errors import RequestError

if TYPE_CHECKING:
    from orchestrator.sdk.socket import Socket

Call = Callable[[Any, Any], Any]
Route = Callable[[Any, Any], None]


class _Refused:
    """The result of a handler that has raised RequestError."""

    __slots__ = ("error",)

    def __init__(self, error: RequestError) -> None:
        self.error = error


def refusing(socket: Socket, call: Call, route: Route) -> tuple[Call, Route]:
    """A handler and the way of its result, with RequestError on its way to the caller."""

    async def settle(result: Awaitable[Any]) -> Any:
        try:
            return await result
        except RequestError as error:
            return _Refused(error)

    async def each(results: AsyncIterator[Any]) -> AsyncIterator[Any]:
        try:
            async for result in results:
                yield result
        except RequestError as error:
            yield _Refused(error)

    def careful(message: Any, extra: Any) -> Any:
        try:
            result = call(message, extra)
        except RequestError as error:
            return _Refused(error)
        if inspect.isawaitable(result):
            return settle(result)
        return each(result) if inspect.isasyncgen(result) else result

    def to(result: Any, extra: Any) -> None:
        if not isinstance(result, _Refused):
            try:
                route(result, extra)
                return
            except RequestError as error:  # a handler that yields
                result = _Refused(error)
        if not socket.refuse(result.error.code, result.error.message, peer=extra):
            raise result.error

    return careful, to
