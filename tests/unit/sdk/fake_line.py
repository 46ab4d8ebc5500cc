"""A pair of sockets without libzmq: what one sends the other receives, as far as there is room."""

from __future__ import annotations

from collections import deque
from typing import Any

import zmq

from orchestrator.codecs import make_codec
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.socket import Socket
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import QoS


class Said:
    """What a reporter would have written."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, text: str) -> int:
        self.lines.append(text.rstrip("\n"))
        return len(text)


class Frame:
    def __init__(self, data: bytes, more: bool, address: str | None = None) -> None:
        self.bytes, self.more, self.buffer, self.address = data, more, memoryview(data), address

    def __len__(self) -> int:
        return len(self.bytes)

    def get(self, name: str) -> str:
        if self.address is None:
            raise KeyError(name)
        return self.address


class Line:
    """Messages on their way, at most `room` of them."""

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.messages: deque[list[bytes]] = deque()


class Raw:
    """As much of a `zmq.Socket` as the way out and the way in use."""

    closed = False
    address: str | None = None
    """Where messages come from, as their frames tell."""

    def __init__(self, out: Line | None, into: Line | None) -> None:
        self._out, self._into = out, into
        self._begun: list[bytes] = []
        self._left: list[bytes] = []
        self.options: list[tuple[int, Any]] = []

    def send(self, data: Any, flags: int = 0, copy: bool = True, track: bool = False) -> None:
        assert self._out is not None
        if not self._begun and len(self._out.messages) >= self._out.room:
            raise zmq.Again
        self._begun.append(bytes(data))
        if not flags & zmq.SNDMORE:
            self._out.messages.append(self._begun)
            self._begun = []

    def recv(self, flags: int = 0, copy: bool = True, track: bool = False) -> Any:
        if not self._left:
            if self._into is None or not self._into.messages:
                raise zmq.Again
            self._left = list(self._into.messages.popleft())
        data = self._left.pop(0)
        return data if copy else Frame(data, bool(self._left), self.address)

    def recv_multipart(self, flags: int = 0) -> list[bytes]:
        left, self._left = self._left, []
        return left

    def getsockopt(self, option: int) -> int:
        if option == zmq.RCVMORE:
            return int(bool(self._left))
        if option == zmq.EVENTS:
            return zmq.POLLIN if self._into is not None and self._into.messages else 0
        raise AssertionError(option)

    def setsockopt(self, option: int, value: Any) -> None:
        self.options.append((option, value))


def socket(
    kind: str, *, out: Line | None = None, into: Line | None = None, qos: QoS | None = None, codec: str = "msgpack",
    name: str = "s", said: Said | None = None, control: NodeControl | None = None, **more: Any,
) -> Socket:  # fmt: skip
    """A socket of the SDK on such a line; `close_all` in the end."""
    control = control or NodeControl()
    _controls.append(control)
    return Socket(
        name=name,
        socket_type=SocketType(kind),
        raw=Raw(out, into),  # type: ignore[arg-type]  # it has what is used
        codec=make_codec(codec),
        control=control,
        reporter=Reporter(said or Said()),  # type: ignore[arg-type]  # a stream that only writes
        qos=qos or QoS(envelope=True),
        sender=f"node.{name}",
        **more,
    )


_controls: list[NodeControl] = []


def close_all() -> None:
    """Close what the sockets of a test have open."""
    while _controls:
        _controls.pop().close()
