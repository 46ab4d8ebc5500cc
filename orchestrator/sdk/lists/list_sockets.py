"""Sockets whose messages come from a list and go into one: those of a node under test."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from orchestrator.codecs import DecodeError, make_codec
from orchestrator.sdk.conversion import is_converted
from orchestrator.sdk.errors import NodeError, RequestError, RequestFailed, Stopped, Timeout
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.socket import Socket
from orchestrator.vocabulary import SocketType

if TYPE_CHECKING:
    from orchestrator.sdk.lists.virtual_time import VirtualTime

_ASKING: Final = (SocketType.REQ, SocketType.DEALER)


@dataclass(frozen=True, slots=True)
class With:
    """A message of the feed together with its topic (SUB) or its peer (ROUTER)."""

    message: Any
    extra: str | Peer


class Frames:
    """A message of the feed as it comes by the wire: what the codec cannot read is a bad message."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload


class Arrivals:
    """Stands in for libzmq's socket where asyncio wants to know of messages."""

    def __init__(self) -> None:
        self.heard: Callable[[], object] | None = None
        self.FD = self
        """What a loop is given to listen to."""


class ListSocket(Socket):
    """One socket of a node in a world of lists."""

    def __init__(self, clock: VirtualTime, name: str, socket_type: SocketType, codec: str | None) -> None:
        super().__init__(
            name=name,
            socket_type=socket_type,
            raw=None,  # type: ignore[arg-type] # there is no socket, and nothing below touches it
            codec=make_codec(codec or "raw"),
            control=clock.control,
            reporter=Reporter(),
        )
        self.arrivals = Arrivals()
        self.raw = self.arrivals  # type: ignore[assignment] # all that asyncio's loop asks of it
        self._clock = clock
        self._through_codec = codec is not None
        self._wanted: Any = None
        self._last: Any = None
        self.answer: Callable[[Any], Any] | None = None
        """Plays the service that this REQ or DEALER asks."""
        self.full = False
        """Whether there is no room for what is sent."""
        self.incoming: deque[Any] = deque()
        self.outgoing: list[Any] = []
        self.marks: list[str | Peer | None] = []
        self.subscriptions: list[str | bytes] = []

    def deliver(self, given: Any) -> None:
        """A message comes in."""
        self.incoming.append(given)
        if self.arrivals.heard is not None:
            self.arrivals.heard()

    # ---------------------------------------------------------------- sending

    def send(
        self,
        message: Any,
        *,
        topic: str | bytes | None = None,
        peer: Peer | None = None,
        timeout: float | None = None,
    ) -> None:
        self._send(message, topic, peer, timeout)
        if self.answer is not None and self.type in _ASKING:
            reply = self.answer(message)
            if reply is not None:
                self.deliver(reply)

    def _send(
        self, message: Any, topic: str | bytes | None, peer: Peer | None, timeout: float | None
    ) -> None:
        if not self.type.sends:
            raise NodeError(f"socket {self.name!r} is a {self.type}: it does not send")
        self.outlet.head(topic, peer)  # raises for what does not fit the socket
        self._find_room(timeout)
        self._note(self._through(message), topic.decode() if isinstance(topic, bytes) else (topic or peer))
        self._clock.count()

    def _find_room(self, timeout: float | None) -> None:
        clock = self._clock
        give_up = None if timeout is None else clock.now + timeout
        while self.full:
            if self._control.stopping:
                raise Stopped
            if give_up is not None and clock.now >= give_up:
                raise Timeout(f"socket {self.name!r}: no room within {timeout} s")
            clock.wait(give_up)

    def _note(self, message: Any, mark: str | Peer | None = None) -> None:
        self.outgoing.append(message)
        self.marks.append(mark)
        self.counters.sent += 1

    def send_many(self, messages: Iterable[Any], *, topic: str | bytes | None = None) -> None:
        for message in messages:
            self.send(message, topic=topic)

    def ready_to_send(self) -> bool:
        return not self.full

    def flush(self) -> None:
        """Nothing waits for company."""

    def end(self) -> None:
        """Nobody has to be told."""

    def send_nothing(self, peer: Peer | None = None) -> None:
        self._note(None)

    def forward(self, frames: Sequence[bytes]) -> None:
        self._note(list(frames))

    def request(self, message: Any, *, timeout: float | None = None) -> Any:
        if self._control.is_async:
            import asyncio

            return asyncio.ensure_future(self._request_on_asyncio(message, timeout))
        self._send(message, None, None, timeout)
        return self._answered(message) if self.answer is not None else self._receive(timeout, True)[0]

    async def _request_on_asyncio(self, message: Any, timeout: float | None) -> Any:
        import asyncio

        self._send(message, None, None, timeout)
        if self.answer is not None:
            return self._answered(message)
        end = None if timeout is None else self._clock.now + timeout
        news = asyncio.Event()
        before, self.arrivals.heard = self.arrivals.heard, news.set
        try:
            while (found := self.take()) is None:
                try:
                    await asyncio.wait_for(news.wait(), None if end is None else end - self._clock.now)
                except TimeoutError:
                    raise Timeout(f"socket {self.name!r}: no reply within {timeout} s") from None
                news.clear()
        finally:
            self.arrivals.heard = before
        return found[0]

    def _answered(self, message: Any) -> Any:
        """The reply of the test's function."""
        assert self.answer is not None
        try:
            return self._taken(self.answer(message))
        except RequestError as error:
            raise RequestFailed(error.code, error.message, f"{self.name}-{self.counters.sent}") from error

    # ---------------------------------------------------------------- receiving

    @property
    def waiting(self) -> bool:
        return bool(self.incoming)

    def take(self) -> tuple[Any, str | Peer | None] | None:
        while self.incoming:
            given = self.incoming.popleft()
            message, extra = (
                (given.message, given.extra) if isinstance(given, With) else (given, self._no_extra())
            )
            self._last = message
            if isinstance(message, Frames):
                try:
                    message = self.codec.decode(message.payload)
                except DecodeError as error:
                    self.port.bad(str(error), [given.payload], "")
                    continue
            else:
                message = self._taken(message)
            self.counters.received += 1
            if isinstance(extra, Peer):
                extra = Peer(extra.envelope, self.port.way_back, extra.asked)
            return message, extra
        return None

    def _taken(self, message: Any) -> Any:
        if self._wanted is not None and isinstance(message, (dict, list)):
            return self._converted(message)
        if self._wanted is memoryview and isinstance(message, bytes):
            return memoryview(message)
        return self._through(message)

    def _receive(self, timeout: float | None, answer: bool = False) -> tuple[Any, str | Peer | None]:
        clock, control = self._clock, self._control
        give_up = None if timeout is None else clock.now + timeout
        while True:
            if control.stopping:
                raise Stopped
            found = self.take()
            if found is not None:
                return found
            if give_up is not None and clock.now >= give_up:
                raise Timeout(f"socket {self.name!r}: no message within {timeout} s")
            clock.pass_time(give_up, timers=not answer and not control.dispatching)

    def last_frames(self, message: Any = None) -> list[bytes]:
        """What came in: its payload, or without a codec the message itself."""
        del message
        if isinstance(self._last, Frames):
            return [self._last.payload]
        return [self.codec.encode(self._last) if self._through_codec else self._last]

    def subscribe(self, prefix: str | bytes) -> None:
        self.subscriptions.append(prefix)

    def unsubscribe(self, prefix: str | bytes) -> None:
        self.subscriptions.remove(prefix)

    def use_types(self, receives: Any, sends: Any) -> None:
        if self._through_codec:
            super().use_types(receives, sends)
        else:
            self._wanted = receives if is_converted(receives) else None

    def _converted(self, message: Any) -> Any:
        import msgspec

        try:
            return msgspec.convert(message, self._wanted)
        except ValueError as error:
            raise NodeError(f"socket {self.name!r}: {error}") from error

    def _no_extra(self) -> Peer | None:
        return Peer((b"peer",)) if self.type in (SocketType.ROUTER, SocketType.STREAM) else None

    def _through(self, message: Any) -> Any:
        if not self._through_codec:
            return message
        try:
            return self.codec.decode(self.codec.encode(message))
        except DecodeError as error:
            raise NodeError(f"socket {self.name!r}: {error}") from error
