"""Drive a node with lists: no sockets, no threads, no clock, no topology.

    from orchestrator.sdk.testing import drive

    ran = drive(Strategy, sockets={"ticks": "SUB", "orders": "PUSH"}, feed={"ticks": [{"price": 1}, {"price":
    2}]}) assert ran.sent["orders"] == [{"qty": 1}]

Works for classes, functions, generators, and async handlers and sources. A node with a loop of its own is
stopped when it waits for a message that is not in the feed.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.codecs import DecodeError, make_codec
from orchestrator.sdk.control import NodeControl
from orchestrator.sdk.conversion import is_record
from orchestrator.sdk.errors import NodeError, Stopped, Timeout
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.node import Node, NodeContext
from orchestrator.sdk.progress import SocketCounters
from orchestrator.sdk.receiving import Receiver, receivers_of
from orchestrator.sdk.rejects import Rejects
from orchestrator.sdk.reporting import Reporter
from orchestrator.sdk.runners import make_runner
from orchestrator.sdk.sockets import Socket, Sockets
from orchestrator.vocabulary import JsonValue, SocketType
from orchestrator.wire.qos import OnError

LIMIT = 10_000
"""Messages and sleeps after which a node that would go on for ever is stopped."""


@dataclass(frozen=True, slots=True)
class With:
    """A message of the feed together with its topic (SUB) or its peer (ROUTER)."""

    message: Any
    extra: str | Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a node did."""

    sent: Mapping[str, list[Any]]
    """Socket name -> the messages sent on it, replies included, in order."""
    marked: Mapping[str, list[str | Peer | None]]
    """Socket name -> the topic or peer of each of these messages."""
    slept_s: float
    """How long it would have slept with `node.sleep`."""
    counters: Mapping[str, SocketCounters]
    """Socket name -> what has come and gone there."""
    meters: Mapping[str, float]
    """The node's own counters and gauges: name, with its labels in braces if it has some -> value."""
    node: Node | None = field(default=None, repr=False)
    """The node itself, for a look at its attributes; None for a function."""


def drive(
    target: object,
    *,
    sockets: Mapping[str, str],
    feed: Mapping[str, Iterable[Any]] | Iterable[tuple[str, Any]] = (),
    params: Mapping[str, JsonValue] | None = None,
    codecs: Mapping[str, str] | None = None,
    name: str = "node",
    replica: int = 0,
    on_error: str = "fail",
    dead_letter: str | None = None,
    limit: int = LIMIT,
) -> Ran:
    """Set the node up, feed it, tear it down, and tell what it sent.

    `sockets` gives the type of each socket. `feed` is what arrives: lists by socket, or pairs of socket and
    message where the order across sockets matters. `codecs` names the codec of a socket; messages then take
    the way through it and back, and one that does not fit raises. Without one they pass as they are, but maps
    for a handler that takes a dataclass become one. `on_error` and `dead_letter` are those of the topology.

    Raises what the node raises, and the errors that would keep it from starting.
    """
    run = _Run(sockets, codecs or {}, limit)
    rejects = run.control.rejects = Rejects(name, on_error=OnError(on_error))
    rejects.watch(run.fakes, dead_letter)
    context = _Context(
        name=name,
        node=name,
        replica=replica,
        params=params or {},
        sockets=run.sockets,
        control=run.control,
        run=run,
    )
    try:
        runner = make_runner(target, context)
        runner.setup()
        try:
            run.work(runner, list(_ordered(feed)))
        except Stopped:
            pass
        finally:
            runner.teardown()
            rejects.samples.flush()
    finally:
        run.control.close()
    return Ran(
        sent={s.name: s.outgoing for s in run.fakes},
        marked={s.name: s.marks for s in run.fakes},
        slept_s=run.slept_s,
        counters={s.name: s.counters for s in run.fakes},
        meters={_metered(n, labels): v for _, n, _, labels, v in run.control.progress.meters.told()},
        node=getattr(runner, "node", None),
    )


def _metered(name: str, labels: Mapping[str, str]) -> str:
    told = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{told}}}" if told else name


def _ordered(feed: Mapping[str, Iterable[Any]] | Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    if isinstance(feed, Mapping):
        return ((name, message) for name, messages in feed.items() for message in messages)
    return feed


class _Run:
    """The state of one `drive`."""

    def __init__(self, sockets: Mapping[str, str], codecs: Mapping[str, str], limit: int) -> None:
        self.control = NodeControl()
        self.slept_s = 0.0
        self._left = limit
        self.fakes = [_ListSocket(self, n, SocketType(t), codecs.get(n)) for n, t in sockets.items()]
        self.sockets = Sockets(self.fakes)

    def count(self) -> None:
        """One more message or sleep; the last one stops the node."""
        self._left -= 1
        if self._left <= 0:
            self.control.stop()

    def work(self, runner: Any, feed: list[tuple[str, Any]]) -> None:
        receivers = _receivers(runner)
        if receivers is None:
            for name, message in feed:
                self._socket(name).incoming.append(message)
            runner.run()
            return
        by_name = {r.socket.name: r for r in receivers}
        for name, message in feed:
            self._socket(name).incoming.append(message)
            if name not in by_name:
                continue  # a REQ or DEALER whose replies the node takes itself
            if self.control.stopping:
                break
            _handle(by_name[name], runner)

    def _socket(self, name: str) -> _ListSocket:
        found = next((s for s in self.fakes if s.name == name), None)
        if found is None:
            raise NodeError(
                f"the feed names a socket {name!r}, and the node has {[s.name for s in self.fakes]}"
            )
        return found


def _receivers(runner: Any) -> list[Receiver] | None:
    """The handlers of a node that is driven message by message, or None for one that runs by itself."""
    node = getattr(runner, "node", None)
    if node is not None:
        return receivers_of(node) if type(node).run is Node.run else None
    receivers: list[Receiver] = runner.receivers
    return receivers or None


def _handle(receiver: Receiver, runner: Any) -> None:
    found = receiver.socket.take()
    if found is None:
        return
    message, extra = found
    result = receiver.call(message, extra)
    if inspect.isasyncgen(result) or inspect.isawaitable(result):
        runner.call(lambda: _await(result, receiver, extra))
    else:
        receiver.route(result, extra)


async def _await(result: Any, receiver: Receiver, extra: Any) -> None:
    if inspect.isasyncgen(result):
        async for each in result:
            receiver.route(each, extra)
    else:
        receiver.route(await result, extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context(NodeContext):
    run: _Run

    def sleep(self, seconds: float) -> bool:
        self.run.slept_s += seconds
        self.run.count()
        return not self.control.stopping


class _ListSocket(Socket):
    """A socket whose messages come from a list and go into one."""

    def __init__(self, run: _Run, name: str, socket_type: SocketType, codec: str | None) -> None:
        super().__init__(
            name=name,
            socket_type=socket_type,
            raw=None,  # type: ignore[arg-type] # there is no socket, and nothing below touches it
            codec=make_codec(codec or "raw"),
            control=run.control,
            reporter=Reporter(),
        )
        self._run = run
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
        self._run.count()

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
            extra = replace(extra, way_back=self.port.way_back)
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
