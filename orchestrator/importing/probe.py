"""Asking listening sockets what they are: the only place that opens connections.

Nothing is sent before the other end has sent the signature of ZMTP, so a server that speaks something else
sees a connection that comes and goes, and not one byte.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from orchestrator.importing.observed import Answer, Place
from orchestrator.importing.zmtp import GREETING, UP_TO_VERSION, Hello, NotZmtpError, is_signature, parse
from orchestrator.vocabulary import SocketType

PATIENCE_S: Final = 1.0
"""How long each socket is listened to. libzmq answers within milliseconds."""
_AT_ONCE: Final = 16


def probe(places: Iterable[Place], patience_s: float = PATIENCE_S) -> Mapping[Place, Answer]:
    """What each of the places says of itself. Never raises for what is at the other end."""
    wanted = list(places)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(wanted, pool.map(lambda place: _ask(place, patience_s), wanted), strict=True))


def _ask(place: Place, patience_s: float) -> Answer:
    deadline = time.monotonic() + patience_s
    try:
        with _connect(place, patience_s) as connection:
            hello = _talk(connection, deadline)
    except NotZmtpError:
        return Answer(type=None, says="it does not speak ZMTP.", is_zmtp=False)
    except TimeoutError:
        return Answer(type=None, says=f"It said nothing for {patience_s:g} s; ZeroMQ sockets speak first.")
    except OSError as failure:
        return Answer(type=None, says=f"It can't be asked: {failure.strerror or failure}.")
    return _answer(hello)


def _connect(place: Place, patience_s: float) -> socket.socket:
    if not place.path:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(place.host, place.host)
        return socket.create_connection((host, place.port), timeout=patience_s)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(patience_s)
        connection.connect(f"\0{place.path[1:]}" if place.path.startswith("@") else place.path)
    except BaseException:
        connection.close()
        raise
    return connection


def _talk(connection: socket.socket, deadline: float) -> Hello:
    """Listen, greet once ZMTP is sure, listen on. Raises NotZmtpError, TimeoutError, OSError.

    The greeting goes out in two parts: a peer that sees a mechanism that is not its own hangs up at once,
    and what it has still to say of itself is lost.
    """
    data, said = b"", 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(4096)
        if not piece:
            raise NotZmtpError
        data += piece
        hello = parse(data)
        if hello is not None:
            return hello
        wanted = len(GREETING) if len(data) >= len(GREETING) else UP_TO_VERSION if is_signature(data) else 0
        if wanted > said:
            connection.sendall(GREETING[said:wanted])
            said = wanted


def _answer(hello: Hello) -> Answer:
    speaks = f"It speaks ZMTP {hello.version}"
    if hello.mechanism != "NULL":
        return Answer(type=None, says=f"{speaks} with {hello.mechanism}, which hides it from who has no key.")
    if hello.error:
        return Answer(type=None, says=f"{speaks} and refuses strangers: {hello.error}.")
    if hello.type is None or hello.type not in SocketType.__members__:
        return Answer(type=None, says=f"{speaks} and calls itself {hello.type or 'nothing'}.")
    text = hello.routing_id.decode("utf-8", "replace")
    fits = bool(text) and text.isprintable() and "\N{REPLACEMENT CHARACTER}" not in text
    return Answer(type=SocketType(hello.type), says=f"{speaks}.", routing_id=text if fits else None)
