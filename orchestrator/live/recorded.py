"""What a recording holds: messages in their order, with the sockets they were seen at. Knows no network."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from orchestrator.errors import UsageError
from orchestrator.live.mcap.reader import Reader
from orchestrator.live.mcap.records import Channel, McapError
from orchestrator.live.reading import Way
from orchestrator.live.recording import FRAMES, HEAD
from orchestrator.wire.batch import BatchError, split


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where messages were seen."""

    socket: str
    """`instance.socket`."""
    node: str
    type: str
    way: Way
    codec: str

    @property
    def name(self) -> str:
        """`node.socket`, without the number of a replica."""
        return f"{self.node}.{self.socket.rpartition('.')[2]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One recorded message."""

    at_ns: int
    origin: Origin
    topic: str | None
    payload: tuple[bytes, ...]


class Recording:
    """A file. Raises UsageError for one that is no recording."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._name = name
        try:
            self._reader = Reader(stream)
        except McapError as error:
            raise UsageError(
                f"{name} can't be read: {error}", "`orchestrator record` makes such files"
            ) from error
        self._origins = {c.id: o for c in self._reader.channels.values() if (o := _origin(c)) is not None}
        if self._reader.channels and not self._origins:
            raise UsageError(
                f"{name} is an MCAP file of another program: it does not say whose messages it holds",
                "`orchestrator record` makes files that can be replayed",
            )

    @property
    def whole(self) -> bool:
        """Whether it was ended as it should; else what came last may be missing."""
        return self._reader.whole

    @property
    def span(self) -> tuple[int, int] | None:
        """When its first message was seen, and when the last one; None without any."""
        return self._reader.span

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The sockets, each way by itself."""
        return tuple(dict.fromkeys(self._origins.values()))

    def chosen(self, names: Collection[str]) -> frozenset[Origin]:
        """Those with these names, `node.socket` or `node-1.socket`; all without names. Raises UsageError."""
        for name in names:
            if not any(name in (o.socket, o.name) for o in self.origins):
                known = ", ".join(dict.fromkeys(o.socket for o in self.origins))
                raise UsageError(f"{self._name} holds nothing of {name}", f"it holds {known or 'nothing'}")
        return frozenset(
            o for o in self.origins if not names or any(name in (o.socket, o.name) for name in names)
        )

    def messages(
        self, origins: Collection[Origin], since: int | None = None, until: int | None = None
    ) -> Iterator[Played]:
        """Those of these sockets, from `since` on and before `until`. Raises UsageError for damage."""
        channels = self._reader.channels
        try:
            for message in self._reader.messages(since, until):
                channel = channels[message.channel_id]
                origin = self._origins.get(channel.id)
                if origin is not None and origin in origins:
                    yield Played(
                        at_ns=message.log_time,
                        origin=origin,
                        topic=channel.metadata.get("topic"),
                        payload=unpack_frames(message.data)
                        if channel.encoding == FRAMES
                        else (message.data,),
                    )
        except (McapError, BatchError, KeyError) as error:
            raise UsageError(f"{self._name} is damaged: {error}", "--until ends before the damage") from error


def unpack_frames(data: bytes) -> tuple[bytes, ...]:
    """Several frames out of one. Raises BatchError."""
    return tuple(split(data[4:], int.from_bytes(data[:4], "little")))


def _origin(channel: Channel) -> Origin | None:
    """None for a channel with the heads of another one's messages, and for one of another program."""
    found = channel.metadata
    if channel.encoding == HEAD or not {"socket", "node", "type", "way", "codec"} <= found.keys():
        return None
    way = Way.SENT if found["way"] == Way.SENT else Way.RECEIVED
    return Origin(
        socket=found["socket"], node=found["node"], type=found["type"], way=way, codec=found["codec"]
    )
