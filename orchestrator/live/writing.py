"""From a payload to the frames that a tool sends: topic, delimiter, envelope. Pure but for the clock."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final

from orchestrator.live.board import LiveSocket
from orchestrator.sdk.framing import topic_frame
from orchestrator.wire.envelope import NO_FLAGS, Flag, Header, pack

_DETACHED_BYTES: Final = 65_536
"""From here on the header has a frame of its own (docs/protocol.md)."""


class Writer:
    """What one sending socket of a tool needs to know of its messages."""

    def __init__(
        self,
        socket: LiveSocket,
        sender: str,
        *,
        delimiter: bool = False,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """`socket` is the receiver, `sender` what the envelope names as its origin."""
        self._enveloped = socket.enveloped
        self._codec = str(socket.codec)
        self._sender = sender
        self._delimiter = delimiter
        self._now_ns = now_ns
        self._source = secrets.randbits(64)
        self._number = 0
        self._sequences: dict[str | None, int] = {}

    @property
    def last(self) -> tuple[int, int]:
        """Source and number of the last message."""
        return self._source, self._number

    def frames(self, payload: Sequence[bytes], topic: str | None = None) -> list[bytes]:
        """A whole message."""
        head = [] if topic is None else [topic_frame(topic)]
        if self._delimiter:
            head.append(b"")
        if not self._enveloped:
            return [*head, *payload]
        self._number += 1
        self._sequences[topic] = sequence = self._sequences.get(topic, 0) + 1
        detached = len(payload) != 1 or len(payload[0]) >= _DETACHED_BYTES
        header = Header(
            source=self._source,
            sequence=sequence,
            number=self._number,
            timestamp_ns=self._now_ns(),
            codec=self._codec,
            flags=Flag.DETACHED if detached else NO_FLAGS,
            sender=self._sender,
        )
        packed = pack(header)
        return [*head, packed, *payload] if detached else [*head, packed + payload[0]]
