"""The world of a node that is driven by lists: sockets that are none, and a clock that is moved by hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.codecs import DecodeError, make_codec
from orchestrator.sdk.control import NodeControl
from orchestrator.sdk.conversion import is_record
from orchestrator.sdk.errors import NodeError, Timeout
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.node import NodeContext
from orchestrator.sdk.reporting import Reporter
from orchestrator.sdk.sockets import Socket, Sockets
from orchestrator.sdk.timers import Timers
from orchestrator.vocabulary import JsonValue, SocketType

LIMIT: Final = 10_000
"""Messages and sleeps after which a node that would go on for ever is stopped."""


@dataclass(frozen=True, slots=True)
class With:
    """A message of the feed together with its topic (SUB) or its peer (ROUTER)."""

    message: Any
    extra: str | Peer


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that passes between two messages of the feed: timers run meanwhile."""

    seconds: float


class World:
    """What is around one node."""

    def __init__(
        self, sockets: Mapping[str, str], codecs: Mapping[str, str] | None = None, limit: int = LIMIT
    ) -> None:
        self.control = NodeControl()
        self.now = 0.0
        """The clock, in seconds."""
        self.control.timers = Timers(lambda: self.now)
        self.slept_s = 0.0
        codecs = codecs or {}
        self._left = limit
        self.fakes = [ListSocket(self, n, SocketType(t), codecs.get(n)) for n, t in sockets.items()]
        self.sockets = Sockets(self.fakes)

    def count(self) -> None:
        """One more message or sleep; the last one stops the node."""
        self._left -= 1
        if self._left <= 0:
            self.control.stop()

    def advance(self, seconds: float) -> None:
        """Let time pass; what is due is done at its time."""
        timers, end = self.control.timers, self.now + seconds
        while timers.next_at <= end and not self.control.stopping:
            self.now = max(self.now, timers.next_at)
            timers.run()
        self.now = end

    def context(self, name: str, params: Mapping[str, JsonValue], replica: int = 0) -> ListContext:
        """What the node is told of this world."""
        return ListContext(
            name=name,
            node=name,
            replica=replica,
            params=params,
            sockets=self.sockets,
            control=self.control,
            world=self,
        )

    def socket(self, name: str) -> ListSocket:
        """One of the sockets. Raises NodeError."""
        found = next((s for s in self.fakes if s.name == name), None)
        if found is None:
            raise NodeError(
                f"the feed names a socket {name!r}, and the node has {[s.name for s in self.fakes]}"
            )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ListContext(NodeContext):
    """The context of a node in a world of lists."""

    world: World

    def sleep(self, seconds: float) -> bool:
        world = self.world
        world.slept_s += seconds
        world.count()
        world.advance(seconds)
        return not self.control.stopping


class ListSocket(Socket):
    """A socket whose messages come from a list and go into one."""

    def __init__(self, world: World, name: str, socket_type: SocketType, codec: str | None) -> None:
        super().__init__(
            name=name,
            socket_type=socket_type,
            raw=None,  # type: ignore[arg-type] # there is no socket, and nothing below touches it
            codec=make_codec(codec or "raw"),
            control=world.control,
            reporter=Reporter(),
        )
        self._world = world
        self._through_codec = codec is not None
        self._wanted: Any = None
        self.incoming: deque[Any] = deque()
        self.outgoing: list[Any] = []
        self.marks: list[str | Peer | None] = []

    def send(
        self,
        message: Any,
        *,
        topic: str | bytes | None = None,
        peer: Peer | None = None,
        timeout: float | None = None,
    ) -> None:
        if not self.type.sends:
            raise NodeError(f"socket {self.name!r} is a {self.type}: it does not send")
        self.outlet.head(topic, peer)  # raises for what does not fit the socket
        self.outgoing.append(self._through(message))
        self.marks.append(topic.decode() if isinstance(topic, bytes) else (topic or peer))
        self.counters.sent += 1
        self._world.count()

    def ready_to_send(self) -> bool:
        """A list always has room."""
        return True

    def send_nothing(self, peer: Peer | None = None) -> None:
        self.outgoing.append(None)
        self.marks.append(None)
        self.counters.sent += 1

    def take(self) -> tuple[Any, str | Peer | None] | None:
        if not self.incoming:
            return None
        self.counters.received += 1
        given = self.incoming.popleft()
        message, extra = (
            (given.message, given.extra) if isinstance(given, With) else (given, self._no_extra())
        )
        if isinstance(extra, Peer):
            extra = Peer(extra.envelope, self.port.way_back, extra.asked)
        if self._wanted is not None and isinstance(message, (dict, list)):
            return self._converted(message), extra
        return self._through(message), extra

    def use_types(self, receives: Any, sends: Any) -> None:
        if self._through_codec:
            super().use_types(receives, sends)
        else:
            self._wanted = receives if is_record(receives) else None

    def _converted(self, message: Any) -> Any:
        import msgspec

        try:
            return msgspec.convert(message, self._wanted)
        except ValueError as error:
            raise NodeError(f"socket {self.name!r}: {error}") from error

    def forward(self, frames: Sequence[bytes]) -> None:
        self.outgoing.append(list(frames))
        self.marks.append(None)
        self.counters.sent += 1

    def _no_extra(self) -> Peer | None:
        return Peer((b"peer",)) if self.type in (SocketType.ROUTER, SocketType.STREAM) else None

    def _through(self, message: Any) -> Any:
        if not self._through_codec:
            return message
        try:
            return self.codec.decode(self.codec.encode(message))
        except DecodeError as error:
            raise NodeError(f"socket {self.name!r}: {error}") from error

    def _wait(self, events: int, timeout: float | None) -> None:
        if timeout is not None:
            raise Timeout(f"socket {self.name!r}: nothing more in the feed")
        self._control.stop()
