"""A second listener on the same TCP port: how a server gets another key while it runs. Linux only.

libzmq gives a listener the key that its socket had when it was bound, for as long as it is; and unbinding
ends the connections that came by it. So the port is opened a second time beside the first (SO_REUSEPORT,
socket(7)): the kernel deals newcomers out to both, and a client that comes to the one whose key it does not
have tries again. In the end all newcomers can be sent to one of them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket as posix_socket
import stat
import struct
import sys
from collections.abc import Iterator
from typing import Final

import zmq

from orchestrator.transport.sockets import Socket, last_endpoint

_ATTACH_PROGRAM: Final = 51
"""SO_ATTACH_REUSEPORT_CBPF (asm-generic/socket.h)."""
_RETURN: Final = 0x06
"""BPF_RET | BPF_K (linux/bpf_common.h)."""
_BACKLOG: Final = 100
"""libzmq's own default (ZMQ_BACKLOG)."""


def can_have_twins(address: str) -> bool:
    """Whether a bound address can be opened once more."""
    return sys.platform == "linux" and address.startswith("tcp://")


def open_twin(socket: Socket, address: str) -> bool:
    """Bind once more to an address that the socket has bound, with the options it has now. Whether that could
    be done."""
    if not can_have_twins(address):
        return False
    try:
        with contextlib.ExitStack() as stack:
            first = next((stack.enter_context(one) for one in _listeners(address)), None)
            if first is None:
                return False
            first.setsockopt(posix_socket.SOL_SOCKET, posix_socket.SO_REUSEPORT, 1)
            twin = stack.enter_context(_twin_of(first))
            return _give(socket, twin, address)
    except OSError:
        return False


def _twin_of(first: posix_socket.socket) -> posix_socket.socket:
    twin = posix_socket.socket(first.family, posix_socket.SOCK_STREAM | posix_socket.SOCK_CLOEXEC)
    try:
        twin.setblocking(False)
        twin.setsockopt(posix_socket.SOL_SOCKET, posix_socket.SO_REUSEADDR, 1)
        twin.setsockopt(posix_socket.SOL_SOCKET, posix_socket.SO_REUSEPORT, 1)
        if first.family == posix_socket.AF_INET6:
            only = first.getsockopt(posix_socket.IPPROTO_IPV6, posix_socket.IPV6_V6ONLY)
            twin.setsockopt(posix_socket.IPPROTO_IPV6, posix_socket.IPV6_V6ONLY, only)
        twin.bind(first.getsockname())
        twin.listen(_BACKLOG)
    except BaseException:
        twin.close()
        raise
    return twin


def _give(socket: Socket, twin: posix_socket.socket, address: str) -> bool:
    """Let libzmq have the descriptor: from here on it is its own."""
    descriptor = os.dup(twin.fileno())
    socket.setsockopt(zmq.USE_FD, descriptor)
    try:
        socket.bind(address)
    except zmq.ZMQError:
        os.close(descriptor)
        return False
    finally:
        socket.setsockopt(zmq.USE_FD, -1)
    return last_endpoint(socket) == address


def send_all_to(address: str, index: int) -> bool:
    """Let every newcomer to an address come to one of its listeners, by their order. Whether it was done."""
    code = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, index))
    program = struct.pack("@HP", 1, ctypes.addressof(code))
    for one in _listeners(address):
        with one:
            try:
                one.setsockopt(posix_socket.SOL_SOCKET, _ATTACH_PROGRAM, program)
            except OSError:
                return False
            return True
    return False


def _listeners(address: str) -> Iterator[posix_socket.socket]:
    """Duplicates of this process's listening sockets at an address. Whoever gets one closes it."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    wanted = (host.strip("[]"), int(port))
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - see transport.sockets
        try:
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            found = posix_socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue  # closed meanwhile: the listing's own descriptor is
        if _listens(found) and found.getsockname()[:2] == wanted:
            yield found
        else:
            found.close()


def _listens(found: posix_socket.socket) -> bool:
    if found.family not in (posix_socket.AF_INET, posix_socket.AF_INET6):
        return False
    return bool(found.getsockopt(posix_socket.SOL_SOCKET, posix_socket.SO_ACCEPTCONN))
