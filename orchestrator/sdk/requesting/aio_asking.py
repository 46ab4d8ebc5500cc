"""`await socket.request(…)` in nodes on asyncio: many requests may wait side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

import zmq

from orchestrator.codecs.base import CodecError
from orchestrator.sdk.errors import NodeError, Timeout
from orchestrator.sdk.requesting.calls import Call

if TYPE_CHECKING:
    from orchestrator.sdk.requesting.asking import Asking


class Asker(Protocol):
    """A socket that requests."""

    name: str
    raw: zmq.Socket[bytes]
    asking: Asking | None
    on_send: Callable[[], None] | None

    @property
    def waiting(self) -> bool:
        """Whether something has come that has not been taken."""

    def send(self, message: Any, *, timeout: float | None) -> None:
        """Encode and send one message."""

    def take(self) -> tuple[Any, Any] | None:
        """The next message that is there already, or None."""


def request(socket: Asker, message: Any, timeout: float | None) -> Awaitable[Any]:
    """The reply, to be awaited. The request leaves now."""
    if socket.asking is None:
        return asyncio.ensure_future(_plainly(socket, message, timeout))
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    asking = socket.asking
    asking.schedule = _schedule(loop)
    try:
        call = asking.begin(message, timeout)
    except (NodeError, CodecError) as error:
        future.set_exception(error)
        return future
    if call.done:
        _settle(future, call)
        return future
    call.on_done.append(lambda call: _settle(future, call))
    future.add_done_callback(lambda _: asking.requests.cancel(call))
    _Reading.of(socket, asking, loop).look()
    return future


def _schedule(loop: asyncio.AbstractEventLoop) -> Callable[[float, Callable[[], None]], Any]:
    def at(when: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        return loop.call_later(max(0.0, when - time.monotonic()), call)

    return at


def _settle(future: asyncio.Future[Any], call: Call) -> None:
    if future.done():
        return
    if isinstance(call.outcome, BaseException):
        future.set_exception(call.outcome)
    else:
        future.set_result(call.outcome)


class _Reading:
    """Takes in what comes while requests wait, where no handler's task does."""

    def __init__(self, socket: Asker, asking: Asking, loop: asyncio.AbstractEventLoop) -> None:
        self._socket = socket
        self._asking = asking
        self._loop = loop
        self._others: Callable[[], None] | None = None
        """Who waited for the socket before; None while nothing is under way."""

    @classmethod
    def of(cls, socket: Asker, asking: Asking, loop: asyncio.AbstractEventLoop) -> _Reading:
        """The one of this socket in this loop."""
        found = asking.reading
        if not isinstance(found, cls) or found._loop is not loop:
            found = asking.reading = cls(socket, asking, loop)
        return found

    def look(self) -> None:
        """Begin, unless it is under way. A handler's task that waits for the socket is told as before: its
        handler may be the one that asks, and the reply must not wait for it."""
        if self._others is not None and self._socket.on_send == self._told:
            return
        self._others = self._socket.on_send or _nobody
        self._loop.add_reader(self._socket.raw.FD, self._told)
        # The descriptor is edge-triggered, and a send may swallow the edge (zmq_getsockopt(3), ZMQ_FD).
        self._socket.on_send = self._told
        self._told()

    def _told(self) -> None:
        """Something may have come. Not read here: a send may be under way."""
        self._loop.call_soon(self._take_in)
        if self._others is not None:
            self._others()

    def _take_in(self) -> None:
        others = self._others
        if others is None:
            return
        self._asking.take_in()
        if others is not _nobody and self._socket.waiting:
            others()
        if self._asking.requests.open:
            return
        self._others = None
        if self._socket.on_send != self._told:
            return  # somebody else has the descriptor by now
        if others is _nobody:
            self._socket.on_send = None
            self._loop.remove_reader(self._socket.raw.FD)
        else:
            self._socket.on_send = others
            self._loop.add_reader(self._socket.raw.FD, others)


def _nobody() -> None:
    """No handler's task waits for the socket."""


async def _plainly(socket: Asker, message: Any, timeout: float | None) -> Any:
    """Ask on a socket whose requests nobody looks after: one at a time."""
    give_up = None if timeout is None else time.monotonic() + timeout
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    before = socket.on_send
    if before is None:
        loop.add_reader(socket.raw.FD, news.set)
        socket.on_send = news.set
    try:
        socket.send(message, timeout=timeout)
        while True:
            news.clear()
            found = socket.take()
            if found is not None:
                return found[0]
            left = None if give_up is None else give_up - time.monotonic()
            if before is not None:  # a handler's task has the descriptor
                left = _LOOK_S if left is None else min(left, _LOOK_S)
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                if give_up is not None and time.monotonic() >= give_up:
                    raise Timeout(f"socket {socket.name!r}: no reply within {timeout:g} s") from None
    finally:
        if before is None:
            socket.on_send = None
            loop.remove_reader(socket.raw.FD)


_LOOK_S: Final = 0.001
