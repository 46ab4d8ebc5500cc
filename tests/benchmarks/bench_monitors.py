"""What watching a link costs: the monitor that every socket of a Python node has, beside a bare socket."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import zmq
from support import Row, interleaved, ms

from orchestrator.host.watch import SocketWatch
from orchestrator.transport.sockets import make_context

MESSAGES = 100_000
BATCH = 500
"""Below the high-water mark, so that one thread can send and receive in turn: nobody waits for the GIL."""
SOCKETS = 200
STORM_S = 2.0
PAYLOAD = b"x" * 100


def measure() -> list[Row]:
    kept = [*_standing(), *_storm()]  # first: what the others have freed would be taken again
    return [_throughput("inproc"), _throughput("ipc"), _making(), *kept]


def _throughput(transport: str) -> Row:
    bare, watched = interleaved(
        5, lambda: _messages(transport, watch=False), lambda: _messages(transport, watch=True)
    )
    return Row(
        f"messages of 100 bytes per second of CPU, {transport}: watched, and bare",
        f"{MESSAGES / watched / 1000:.0f}k/s",
        f"{MESSAGES / bare / 1000:.0f}k/s",
        f"{bare / watched:.2f}",
        "> 0.95",
    )


def _messages(transport: str, *, watch: bool) -> float:
    """Seconds of CPU, those of the I/O thread included: what else runs on the machine changes them little."""
    with _pair(transport, watch) as (push, pull):
        begin = time.process_time()
        for _ in range(MESSAGES // BATCH):
            for _ in range(BATCH):
                push.send(PAYLOAD)
            for _ in range(BATCH):
                pull.recv()
        return time.process_time() - begin


@contextlib.contextmanager
def _pair(transport: str, watch: bool) -> Iterator[tuple[zmq.Socket[bytes], zmq.Socket[bytes]]]:
    """A link whose ends are as nodes make them; one message has come through."""
    context, watches = make_context(), list[SocketWatch]()
    with tempfile.TemporaryDirectory(prefix="oc", dir="/tmp") as directory:
        address = f"inproc://{directory}" if transport == "inproc" else f"ipc://{directory}/s"
        pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        if watch:
            watches = [SocketWatch(context, pull, "pull"), SocketWatch(context, push, "push")]
        pull.bind(address)
        push.connect(address)
        push.send(PAYLOAD)
        pull.recv()
        yield push, pull
        for one in watches:
            one.close()
        context.destroy(linger=0)


def _making() -> Row:
    bare, watched = interleaved(5, lambda: _connected(watch=False), lambda: _connected(watch=True))
    what = f"{SOCKETS} sockets made, connected over ipc, closed: watched, and bare"
    return Row(what, ms(watched), ms(bare), f"{watched / bare:.2f}", "-")


def _connected(*, watch: bool) -> float:
    begin = time.perf_counter()
    with _many(watch):
        pass
    return time.perf_counter() - begin


@contextlib.contextmanager
def _many(watch: bool) -> Iterator[list[SocketWatch]]:
    """One PULL, and many that are connected to it, each with one message through."""
    context, watches = make_context(), list[SocketWatch]()
    with tempfile.TemporaryDirectory(prefix="oc", dir="/tmp") as directory:
        pull = context.socket(zmq.PULL)
        pull.bind(f"ipc://{directory}/s")
        for number in range(SOCKETS):
            push = context.socket(zmq.PUSH)
            if watch:
                watches.append(SocketWatch(context, push, str(number)))
            push.connect(f"ipc://{directory}/s")
            push.send(PAYLOAD)
        for _ in range(SOCKETS):
            pull.recv()
        yield watches
        for one in watches:
            one.close()
        context.destroy(linger=0)


def _standing() -> list[Row]:
    """What a watch keeps, and what one look at it takes."""
    context = make_context()
    sockets = [context.socket(zmq.PUSH) for _ in range(SOCKETS)]
    bytes_, files = _kept()
    watches = [SocketWatch(context, socket, str(number)) for number, socket in enumerate(sockets)]
    now_bytes, now_files = _kept()
    begin = time.perf_counter()
    for watch in watches:
        watch.look()
    look_s = (time.perf_counter() - begin) / SOCKETS
    for watch in watches:
        watch.close()
    context.destroy(linger=0)
    return [
        _alone("a watch: descriptors", f"{(now_files - files) / SOCKETS:.1f}"),
        _alone("a watch: resident memory", f"{(now_bytes - bytes_) / SOCKETS / 1024:.1f} KiB"),
        _alone("a watch: a look when nothing has happened", f"{look_s * 1e6:.1f} µs"),
    ]


def _kept() -> tuple[int, int]:
    """Resident bytes and open descriptors of this process."""
    process = psutil.Process()
    return process.memory_info().rss, process.num_fds()


def _alone(what: str, number: str) -> Row:
    return Row(what, number, "-", "-", "-")


# ------------------------------------------------------------------ a storm of reconnections


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What two seconds of it did."""

    cpu: float
    """Of one core."""
    events: int = 0
    waiting: int = 0
    """Bytes that they took while nobody looked."""
    taken_s: float = 0.0
    """Seconds to take them in."""


def _storm() -> list[Row]:
    """A peer that closes every connection at once, tried again every millisecond: a node's own sockets wait
    20 to 200 ms."""
    bare, storm = _stormy(watch=False), _stormy(watch=True)
    ratio = f"{storm.cpu / bare.cpu:.2f}"
    each = max(storm.events, 1)
    return [
        Row(
            "reconnecting each ms, CPU of one core: watched, and bare",
            f"{storm.cpu:.1%}",
            f"{bare.cpu:.1%}",
            ratio,
            "-",
        ),
        _alone("reconnecting each ms: events", f"{storm.events / STORM_S:.0f}/s"),
        _alone("reconnecting each ms: to take one event in", f"{storm.taken_s / each * 1e6:.1f} µs"),
        _alone("reconnecting each ms: memory of an event that waits", f"{storm.waiting / each:.0f} bytes"),
    ]


def _stormy(*, watch: bool) -> Storm:
    with _slammed_door() as address:
        context = make_context()
        push = context.socket(zmq.PUSH)
        push.setsockopt(zmq.RECONNECT_IVL, 1)
        seen = SocketWatch(context, push, "push") if watch else None
        if seen is not None:
            seen.expect(address)
        used, begin, (memory, _) = time.process_time(), time.perf_counter(), _kept()
        push.connect(address)
        time.sleep(STORM_S)
        cpu = (time.process_time() - used) / (time.perf_counter() - begin)
        if seen is None:
            context.destroy(linger=0)
            return Storm(cpu=cpu)
        waiting = max(0, _kept()[0] - memory)
        begin = time.perf_counter()
        told = seen.told(time.monotonic()) or {}
        taken_s = time.perf_counter() - begin
        seen.close()
        context.destroy(linger=0)
        return Storm(cpu=cpu, events=sum(map(_events, told.values())), waiting=waiting, taken_s=taken_s)


def _events(entry: dict[str, object]) -> int:
    """CONNECTED and DISCONNECTED, or a failed handshake, of each attempt."""
    failed = entry.get("failed")
    return 2 * sum(failed.values()) if isinstance(failed, dict) else 0


@contextlib.contextmanager
def _slammed_door() -> Iterator[str]:
    """A port where every connection is accepted and closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ending = threading.Event()

        def slam() -> None:
            while not ending.is_set():
                with contextlib.suppress(OSError):
                    server.accept()[0].close()

        thread = threading.Thread(target=slam)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        finally:
            ending.set()
            socket.create_connection(server.getsockname()).close()
            thread.join()


if __name__ == "__main__":
    for row in measure():
        print(row)
