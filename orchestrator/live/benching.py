"""Benchmarks of live links: by asking, by sending, or by listening alone. Nothing here is done unasked: those
that make a node work are called with the user's consent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import zmq

from orchestrator.client import Client
from orchestrator.errors import RunError
from orchestrator.live.board import Board, LiveSocket
from orchestrator.live.looking import Limit, Look
from orchestrator.live.measures import Measured
from orchestrator.live.patterns import Joining, to_publish, to_request, to_send
from orchestrator.live.peers import Peer, Peers
from orchestrator.live.reading import Reader, Way
from orchestrator.live.sending import codec_of
from orchestrator.live.taps import Taps
from orchestrator.live.texts import to_payload
from orchestrator.live.writing import Writer
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import Flag

_ECHOES: Final = 1000
_WARM: Final = 0.1
"""The share of the first samples that is left out, and at most so many:"""
_MOST_WARM: Final = 100
_SETTLED_S: Final = 3.0
"""A node that has received nothing for so long receives no more of what was sent."""
_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much."""

    count: int
    seconds: float
    timeout_s: float
    parallel: int = 1
    """Requests under way at the same time, each over a connection of its own."""


# ------------------------------------------------------------------ asking


def by_asking(board: Board, socket: LiveSocket, word: str | bytes, plan: Plan) -> Measured:
    """Round trips to a service. Raises OrchestratorError."""
    joining = to_request(board, socket)
    payload = to_payload(codec_of(socket), word)
    clients = "one client, one request at a time"
    if plan.parallel > 1:
        clients = f"{plan.parallel} clients, each one request at a time"
    found = Measured(what=f"{socket.ref} ({socket.type}): round trips as {clients} on this machine see them")
    with Peers() as peers:
        _Asking(peers, joining, payload, plan, found).run()
    found.tool_ns = echoes(joining, payload, plan.timeout_s)
    _cut_warm_up(found)
    return found


class _Asking:
    """A few clients in one thread."""

    def __init__(self, peers: Peers, joining: Joining, payload: bytes, plan: Plan, found: Measured) -> None:
        self._peers = peers
        self._joining = joining
        self._payload = payload
        self._plan = plan
        self._found = found
        self._reader = Reader(joining.socket)
        self._poller = zmq.Poller()
        self._under_way: dict[object, tuple[Peer, Writer, int]] = {}
        """socket -> client, and when it asked."""

    def run(self) -> None:
        clients = [self._client() for _ in range(self._plan.parallel)]
        began = time.perf_counter()
        self._asked = 0
        for peer, writer in clients:
            self._ask(peer, writer)
        while self._under_way:
            ready = self._poller.poll(round(self._plan.timeout_s * 1000))
            now = time.perf_counter_ns()
            for raw, _ in ready:
                self._answered(raw, now, began)
            self._give_up(now, began)
        self._found.seconds = time.perf_counter() - began

    def _client(self) -> tuple[Peer, Writer]:
        peer = self._peers.join(self._joining)
        peer.meet(timeout_s=self._plan.timeout_s)
        self._poller.register(peer.raw, zmq.POLLIN)
        return peer, Writer(self._joining.socket, "orchestrator.bench", delimiter=self._joining.delimiter)

    def _ask(self, peer: Peer, writer: Writer) -> None:
        frames = writer.frames([self._payload])
        self._asked += 1
        self._under_way[peer.raw] = (peer, writer, time.perf_counter_ns())
        peer.send(frames, self._plan.timeout_s)

    def _answered(self, raw: zmq.Socket[bytes], now: int, began: float) -> None:
        frames = raw.recv_multipart(zmq.NOBLOCK)
        peer, writer, asked_at = self._under_way.pop(raw)
        found = self._found
        found.times_ns.append(now - asked_at)
        found.messages += 1
        found.bytes += sum(map(len, frames))
        if self._joining.socket.enveloped:
            record = self._reader.read_payload(frames, Way.RECEIVED, 0)
            found.errors += bool(record.header is not None and record.header.flags & Flag.ERROR)
        if self._goes_on(began):
            self._ask(peer, writer)

    def _give_up(self, now: int, began: float) -> None:
        """A client without its answer is replaced by a new one: a late answer must not be taken for the next
        one's."""
        late = [key for key, (_, _, at) in self._under_way.items() if now - at >= self._plan.timeout_s * 1e9]
        for key in late:
            peer, _, _ = self._under_way.pop(key)
            self._found.lost = (self._found.lost or 0) + 1
            self._poller.unregister(peer.raw)
            if self._goes_on(began):
                self._ask(*self._client())

    def _goes_on(self, began: float) -> bool:
        return self._asked < self._plan.count and time.perf_counter() - began < self._plan.seconds


def echoes(joining: Joining, payload: bytes, timeout_s: float) -> list[int]:
    """Round trips of the same size to an echo: libzmq's own proxy loop over one ROUTER (zmq_proxy(3)), on a
    thread of its own without Python. With the transport of the service, and without its security."""
    import threading

    context = zmq.Context()
    router, request = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    request.linger = router.linger = 0
    over_tcp = joining.addresses[0].startswith("tcp://")
    with _Address(over_tcp) as address:
        router.bind(address)
        request.connect(router.getsockopt_string(zmq.LAST_ENDPOINT))

        def echo() -> None:
            try:
                zmq.proxy(router, router)
            except zmq.ContextTerminated:
                pass
            finally:
                router.close(0)

        thread = threading.Thread(target=echo, name="echo", daemon=True)
        thread.start()
        found = []
        try:
            for _ in range(_ECHOES + _MOST_WARM):
                at = time.perf_counter_ns()
                request.send(payload)
                if not request.poll(round(timeout_s * 1000)):
                    break
                request.recv()
                found.append(time.perf_counter_ns() - at)
        finally:
            request.close(0)
            context.term()
            thread.join()
    return found[_MOST_WARM:]


class _Address:
    """Where the echo listens."""

    def __init__(self, tcp: bool) -> None:
        self._tcp = tcp
        self._directory = ""

    def __enter__(self) -> str:
        import tempfile

        if self._tcp:
            return "tcp://127.0.0.1:*"
        self._directory = tempfile.mkdtemp(prefix="echo-")
        return f"ipc://{self._directory}/echo"

    def __exit__(self, *_: object) -> None:
        import shutil

        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)


def _cut_warm_up(found: Measured) -> None:
    found.warm_up = min(_MOST_WARM, int(len(found.times_ns) * _WARM))
    del found.times_ns[: found.warm_up]


# ------------------------------------------------------------------ sending


def by_sending(
    client: Client, board: Board, socket: LiveSocket, word: str | bytes, plan: Plan, topic: str | None
) -> Measured:
    """How fast a socket takes what one more sender sends as fast as it can. Raises OrchestratorError."""
    publishes = socket.type in (SocketType.SUB, SocketType.XSUB)
    joining = to_publish(board, socket) if publishes else to_send(board, socket, share=True)
    payload = to_payload(codec_of(socket), word)
    found = Measured(what=f"{socket.ref} ({socket.type}): messages that one more sender gets rid of")
    before = _received(client, socket)
    with Peers(linger_s=plan.timeout_s) as peers:
        peer = peers.join(joining, options={"xpub_nodrop": 1} if publishes else None)
        peer.meet(timeout_s=plan.timeout_s)
        if publishes:
            peer.subscriptions(len(set(socket.subscribe or ("",))), plan.timeout_s)
        writer = Writer(socket, "orchestrator.bench", delimiter=joining.delimiter)
        began = time.perf_counter()
        sent = 0
        while sent < plan.count and time.perf_counter() - began < plan.seconds:
            _push(peer, writer.frames([payload], topic if publishes else None), plan.timeout_s)
            sent += 1
    found.bytes, found.messages = sent * len(payload), sent
    found.seconds = time.perf_counter() - began
    _judge_receipt(client, socket, before, sent, found)
    return found


def _push(peer: Peer, frames: list[bytes], timeout_s: float) -> None:
    give_up = math.inf
    while True:
        try:
            peer.raw.send_multipart(frames, zmq.NOBLOCK)
            return
        except zmq.Again:
            if give_up == math.inf:
                give_up = time.perf_counter() + timeout_s
            if time.perf_counter() >= give_up:
                raise RunError(
                    f"{peer.joining.socket.ref} takes nothing: its queue is full for {timeout_s:g} s"
                ) from None
            time.sleep(0.0001)


def _received(client: Client, socket: LiveSocket) -> int | None:
    """What its node says to have received; None for other programs."""
    for each in client.call("status")["traffic"]:
        if each["instance"] == socket.instance and each["socket"] == socket.name:
            return int(each["received"])
    return None


def _judge_receipt(
    client: Client, socket: LiveSocket, before: int | None, sent: int, found: Measured
) -> None:
    if before is None:
        found.lost = None
        found.notes.append("its program does not count what it receives")
        return
    began = last = time.monotonic()
    received = 0
    while received < sent and time.monotonic() - last < _SETTLED_S:
        now = (_received(client, socket) or 0) - before
        if now != received:
            received, last = now, time.monotonic()
        time.sleep(_LOOK_S)
    found.lost = max(0, sent - received)
    span = found.seconds + last - began
    found.notes.append(f"its node had received {received:,} after {span:.1f} s, as it told itself")
    if received > sent:
        found.notes.append(f"of these, {received - sent:,} came from others")
    if found.lost:
        found.notes.append(f"lost: what it had not received when it was silent for {_SETTLED_S:g} s")


# ------------------------------------------------------------------ listening


def by_listening(
    taps: Taps, name: str, limit: Limit, clock: Callable[[], float] = time.monotonic
) -> Measured:
    """What passes on a link by itself. Disturbs nobody."""
    look = Look(taps, None, limit, clock)
    found = Measured(what=f"{name}: what passes there by itself, as `tap` sees it")
    numbered = aged = 0
    for _, record in look.records():
        found.messages += 1
        found.bytes += record.size
        numbered += bool(record.sequence)
        if record.header is not None and record.header.timestamp_ns:
            aged += 1
            found.times_ns.append(record.at_ns - record.header.timestamp_ns)
    found.seconds = look.seconds
    found.lost = look.counter.total.lost if numbered else None
    if found.lost:
        found.notes.append("lost: did not come here; the link's own readers may have got it")
    if taps.missed:
        found.notes.append(f"{taps.missed:,} were not copied: they came faster than they could be read")
    if aged:
        found.notes.append("times: from the sender's clock to this one, the tap included")
    elif found.messages:
        found.notes.append("no times: messages do not say when they were sent (envelope: true lets them)")
    return found
