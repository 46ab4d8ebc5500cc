"""Waiting for room in nodes on asyncio: others go on meanwhile."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from orchestrator.sdk.errors import Stopped
from orchestrator.sdk.port import Port

ROOM_S: Final = (0.0002, 0.005)
"""First and longest pause while there is no room."""


class Sending(Protocol):
    """A socket that sends."""

    port: Port

    def ready_to_send(self) -> bool:
        """Whether there is room for a message now, and nobody asks to wait."""


async def await_room(socket: Sending) -> None:
    """Wait until there is room on a socket. Asks again and again: its descriptor may be another's already,
    and asyncio has room for one reader of each. Raises Stopped."""
    if socket.ready_to_send():
        return
    pause, port = ROOM_S[0], socket.port
    port.counters.wait_begins()
    try:
        while not socket.ready_to_send():
            if port.control.stopping:
                raise Stopped
            await asyncio.sleep(pause)
            pause = min(2 * pause, ROOM_S[1])
    finally:
        port.counters.wait_ends()
