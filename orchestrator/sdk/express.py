"""Which sockets have lanes: the short ways of `orchestrator.lanes`, for the types whose messages have one
payload frame, behind a topic perhaps."""

from __future__ import annotations

import os
import random
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from orchestrator import lanes
from orchestrator.sdk.outgoing.outlet import TOPIC_TYPES, ZERO_COPY_BYTES
from orchestrator.transport.sockets import LendingSocket
from orchestrator.vocabulary import SocketType

if TYPE_CHECKING:
    from orchestrator.sdk.incoming.inlet import Inlet
    from orchestrator.sdk.outgoing.outlet import Outlet
    from orchestrator.sdk.port import Port

    AnyOutlet = TypeVar("AnyOutlet", bound=Outlet)
    AnyInlet = TypeVar("AnyInlet", bound=Inlet)

SENDING: Final = (
    SocketType.PUSH, SocketType.PAIR, SocketType.DEALER, SocketType.REQ, SocketType.REP, SocketType.PUB,
    SocketType.XPUB,
)  # fmt: skip
HEARING: Final = (SocketType.SUB, SocketType.XSUB)
RECEIVING: Final = (SocketType.PULL, SocketType.PAIR, SocketType.REQ, SocketType.REP, *HEARING)


@cache
def obstacle() -> str:
    """Why there are no lanes; empty where there are, and they have found the libzmq that pyzmq uses."""
    if lanes.OBSTACLE:
        return lanes.OBSTACLE
    try:
        from zmq.backend.cython import _zmq

        lanes.load(_zmq.__file__)
        _seed()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_seed)  # else two processes would give out the same ids
    except (ImportError, OSError) as error:
        return f"pyzmq's libzmq cannot be reached ({error})"
    return ""


def _seed() -> None:
    lanes.seed(random.SystemRandom().getrandbits(64))


def available() -> bool:
    """Whether there are lanes."""
    return not obstacle()


def _lender(port: Port) -> LendingSocket | None:
    """Whose handle the lanes of this port may use."""
    raw = port.raw
    return raw if isinstance(raw, LendingSocket) and available() else None


def use_out_lane(outlet: AnyOutlet, delimiter: bool) -> AnyOutlet:
    """Give an outlet a lane, if its messages are of the kind."""
    port = outlet.port
    if port.type in SENDING and not delimiter and (lender := _lender(port)) is not None:
        lane = lanes.OutLane(
            tally=port.counters,
            aside=outlet.send,
            hand_on=outlet.hand_on,
            limit=ZERO_COPY_BYTES,
            topical=port.type in TOPIC_TYPES,
        )
        outlet.use_lane(lane)
        lender.lend(lane)
    return outlet


def use_in_lane(inlet: AnyInlet) -> AnyInlet:
    """The same for an inlet."""
    port = inlet.port
    if port.type in RECEIVING and (lender := _lender(port)) is not None:
        lane = lanes.InLane(
            tally=port.counters,
            pending=inlet.pending,
            aside=inlet.take,
            unusual=inlet.unusual,
            misread=inlet.misread,
            topical=port.type in HEARING and inlet.max_frames != 1,
        )
        inlet.use_lane(lane)
        lender.lend(lane)
    return inlet
