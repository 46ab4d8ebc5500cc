"""`tap`: have Python nodes copy the messages of sockets to somebody who reads them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

from orchestrator.runtime.api.context import Context, text, texts
from orchestrator.runtime.reports import Report, StateChanged, TopologyEnded
from orchestrator.vocabulary import NodeState
from orchestrator.wire.api import ApiError
from orchestrator.wire.control import Kind

LEASE_S: Final = 10.0
"""How long a node copies without being asked again."""
_RENEWED_S: Final = 3.0


async def tap(context: Context, args: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Have the sockets' messages copied to `address`, until the client hangs up.

    `{"event": "tapping", "told": N}` comes first: so many connections come to `address`. Processes that begin
    later are told as well.
    """
    wanted = _by_unit(context, texts(args, "sockets"))
    address = text(args, "address", "")
    if not address.startswith(("ipc://", "tcp://")):
        raise ApiError("`address` is that of a PULL socket that is bound", "for example ipc:///run/user/1/x")
    order = _Order(context, secrets.randbits(32), wanted, address)
    end = context.hub.subscribe(order.hear)
    try:
        yield {"event": "tapping", "told": order.send(LEASE_S)}
        while not order.ended:
            await order.pause(_RENEWED_S)
            order.send(LEASE_S)
    finally:
        end()
        order.send(0.0)


def _by_unit(context: Context, refs: list[str]) -> dict[str, list[list[str]]]:
    """unit -> its sockets among those asked for. Raises ApiError."""
    known = {
        f"{instance.instance}.{socket.name}": (unit, [instance.instance, socket.name])
        for unit in context.supervisor.plan.units
        for instance in unit.instances
        for socket in instance.sockets
    }
    found: dict[str, list[list[str]]] = {}
    for ref in refs:
        if ref not in known:
            raise ApiError(f"there is no socket {ref[:100]!r}", "`sockets` tells which there are")
        unit, place = known[ref]
        if not unit.is_python:
            raise ApiError(f"{ref} is of a program that is no Python node: it makes no copies")
        found.setdefault(unit.unit, []).append(place)
    if not found:
        raise ApiError("no socket was named")
    return found


class _Order:
    """What the nodes are told, again and again."""

    def __init__(
        self, context: Context, number: int, wanted: dict[str, list[list[str]]], address: str
    ) -> None:
        self.ended = False
        self._context = context
        self._number = number
        self._wanted = wanted
        self._address = address
        self._news = asyncio.Event()

    def send(self, seconds: float) -> int:
        """Tell all that are there; how many sockets are theirs."""
        return sum(
            len(sockets)
            for unit, sockets in self._wanted.items()
            if self._context.supervisor.command(
                unit,
                Kind.TAP,
                {
                    "tap": self._number,
                    "sockets": sockets,
                    "address": self._address,
                    "seconds": seconds,
                },
            )
        )

    async def pause(self, seconds: float) -> None:
        """Until it is time to tell them again: a process has begun, or some time has passed."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return
        self._news.clear()

    def hear(self, report: Report) -> None:
        match report:
            case StateChanged() if report.unit in self._wanted and report.new is NodeState.READY:
                self._news.set()
            case TopologyEnded():
                self.ended = True
                self._news.set()
