"""One try of each kind of probe. A check returns None when it holds, else why it does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from orchestrator.engines.prctl import die_with_parent
from orchestrator.model.types import DelayProbe, ExecProbe, FileProbe, ProbeKind, TcpProbe, ZmqProbe
from orchestrator.planning.types import UnitPlan
from orchestrator.vocabulary import SocketType

Check: TypeAlias = Callable[[], Awaitable[str | None]]

_ANSWERS_TO: Final[Mapping[SocketType, SocketType]] = {
    SocketType.REP: SocketType.REQ,
    SocketType.ROUTER: SocketType.REQ,
    SocketType.DEALER: SocketType.DEALER,
    SocketType.PUB: SocketType.SUB,
    SocketType.XPUB: SocketType.SUB,
    SocketType.PULL: SocketType.PUSH,
    SocketType.SUB: SocketType.PUB,
    SocketType.XSUB: SocketType.PUB,
    SocketType.PUSH: SocketType.PULL,
    SocketType.PAIR: SocketType.PAIR,
}
"""What a probe's own socket is, for the type of the socket it asks (RFC 28-31)."""


def of(unit: UnitPlan, kind: ProbeKind, environ: Mapping[str, str]) -> Check:
    """The check for a kind of probe. Log, heartbeat and peers are not asked but heard, and have none."""
    match kind:
        case TcpProbe():
            return partial(_tcp, unit, kind)
        case FileProbe():
            return partial(_file, Path(unit.cwd, kind.path))
        case ExecProbe():
            return partial(_exec, kind.argv, unit.cwd, environ)
        case ZmqProbe():
            return partial(_zmq, unit, kind)
        case DelayProbe():
            return partial(_delay, kind.delay_s)
        case _:
            raise TypeError(f"{type(kind).__name__} is not asked for")


async def _tcp(unit: UnitPlan, kind: TcpProbe) -> str | None:
    for target in kind.targets:
        reason = await _accepts(unit.probe_addresses.get(target, target))
        if reason is not None:
            return reason
    return None


async def _accepts(target: str) -> str | None:
    """Whether something accepts connections at `tcp://host:port`, `host:port`, `port` or `ipc://path`."""
    scheme, _, rest = target.rpartition("://")
    try:
        if scheme == "ipc":
            path = "\0" + rest[1:] if rest.startswith("@") else rest
            _, writer = await asyncio.open_unix_connection(path)
        else:
            host, _, port = rest.rpartition(":")
            _, writer = await asyncio.open_connection(host.strip("[]") or "127.0.0.1", int(port))
    except OSError as error:
        where = f"port {target}" if target.isdigit() else target
        return f"{where}: {os.strerror(error.errno) if error.errno and error.errno > 0 else error}"
    except (ValueError, OverflowError):
        return f"{target} is no host:port"
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return None


async def _file(path: Path) -> str | None:
    try:
        path.stat()
    except FileNotFoundError:
        return f"{path} is not there"
    except OSError as error:
        return f"{path}: {error.strerror}"
    return None


async def _delay(delay_s: float) -> str | None:
    await asyncio.sleep(delay_s)
    return None


def _die_with_us() -> None:
    """In the child: a probe's command must not outlive a supervisor that is killed."""
    die_with_parent(signal.SIGKILL)


async def _exec(argv: tuple[str, ...], cwd: str, environ: Mapping[str, str]) -> str | None:
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env=dict(environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_die_with_us,
        )
    except OSError as error:
        return f"{argv[0]}: {error.strerror}"
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    if process.returncode == 0:
        return None
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return f"{argv[0]}: exit code {process.returncode}" + (f" ({lines[-1][:200]})" if lines else "")


async def _zmq(unit: UnitPlan, kind: ZmqProbe) -> str | None:
    import zmq

    address, theirs = unit.probe_addresses.get(kind.socket), unit.probe_types.get(kind.socket)
    ours = _ANSWERS_TO.get(theirs) if theirs is not None else None
    if address is None or ours is None:
        return f"{kind.socket} has no address that can be asked"
    context = zmq.Context()
    socket = context.socket(getattr(zmq, ours.value))
    try:
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.IMMEDIATE, 1)
        if ours is SocketType.SUB:
            socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(address)
        return await _converse(socket, kind, address)
    except zmq.ZMQError as error:
        return f"{address}: {error.strerror}"
    finally:
        socket.close(0)
        context.term()


async def _converse(socket: object, kind: ZmqProbe, address: str) -> str | None:
    import zmq

    assert isinstance(socket, zmq.Socket)
    if kind.send is not None:
        await _patiently(socket, zmq.POLLOUT)
        socket.send(kind.send.encode(), zmq.NOBLOCK)
    if kind.expect is None and socket.socket_type in (zmq.PUSH, zmq.PUB):
        return None
    await _patiently(socket, zmq.POLLIN)
    answer = b"".join(socket.recv_multipart(zmq.NOBLOCK))
    if kind.expect is not None and kind.expect.encode() not in answer:
        return f"{address} answered {answer[:100]!r}, expected {kind.expect!r}"
    return None


async def _patiently(socket: object, event: int) -> None:
    """Wait for the socket; the caller bounds the wait."""
    import zmq

    assert isinstance(socket, zmq.Socket)
    pause_s = 0.001
    while not socket.poll(0, event):
        await asyncio.sleep(pause_s)
        pause_s = min(0.02, pause_s * 2)
