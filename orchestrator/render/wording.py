"""Short words for pictures: addresses, programs, topics and tooltips, cut to a length that stays legible."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from orchestrator.model.types import (
    ForeignProgram,
    Message,
    Program,
    PythonProgram,
    Socket,
    StockProgram,
)
from orchestrator.transport.endpoint import HostKind, ParsedEndpoint, Transport, parse_endpoint

NAME_LENGTH = 40
"""Characters of a node's or socket's name that are drawn."""
LINE_LENGTH = 44
"""Characters of a program's line that are drawn."""
ADDRESS_LENGTH = 32
TOPIC_LENGTH = 18
TOPICS_SHOWN = 3
_ELLIPSIS = "…"


def cut(text: str, length: int) -> str:
    """The text on one line, shortened in its middle: both ends of an address or a name tell most."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    tail = (length - 1) // 3
    return text[: length - 1 - tail] + _ELLIPSIS + text[len(text) - tail :]


def cut_end(text: str, length: int) -> str:
    """The text on one line, shortened at its end, as prose and command lines are."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + _ELLIPSIS


def short_address(text: str, replicas: int = 1) -> str:
    """An address as a person would say it: `:5556` on this host, `10.0.0.5:9000`, `ipc ticks`, `inproc work`.

    `replicas` of a binder turn its fixed tcp port into the range that they really bind.
    """
    parsed = parse_endpoint(text)
    if not isinstance(parsed, ParsedEndpoint):
        return cut(text, ADDRESS_LENGTH)
    if parsed.transport in (Transport.IPC, Transport.INPROC):
        path = parsed.path if parsed.is_abstract else parsed.path.rstrip("/").rpartition("/")[2]
        return cut(f"{parsed.transport} {path or parsed.path}", ADDRESS_LENGTH)
    if parsed.port is None and not parsed.wildcard_port:
        return cut(text, ADDRESS_LENGTH)
    scheme = "" if parsed.transport is Transport.TCP else f"{parsed.transport} "
    return cut(f"{scheme}{_host(parsed)}:{_ports(parsed, replicas)}", ADDRESS_LENGTH)


def _host(parsed: ParsedEndpoint) -> str:
    if parsed.host_kind is HostKind.LOOPBACK:
        return ""
    return f"[{parsed.host}]" if parsed.host_kind is HostKind.IPV6 else parsed.host


def _ports(parsed: ParsedEndpoint, replicas: int) -> str:
    if parsed.port is None:
        return "*"
    return str(parsed.port) if replicas == 1 else f"{parsed.port}–{parsed.port + replicas - 1}"


def program_line(program: Program) -> str:
    """What a node runs, in full: `market.feed:Feed`, `$ ./gateway --listen :5557`, `use forwarder`."""
    match program:
        case PythonProgram():
            return program.target
        case StockProgram():
            return f"use {program.name}"
        case ForeignProgram():
            return " ".join(("$", *map(_argument, program.argv)))


def _argument(text: str) -> str:
    """Quoted as a shell needs it, but for `${{ … }}`, which no shell sees."""
    return text if "${{" in text else shlex.quote(text)


def payload(message: str | None, codec: str | None, contract: Message | None) -> str | None:
    """What travels: `Tick · msgpack`. A message's own codec goes before the socket's."""
    spoken = contract.codec if contract else codec
    parts = [part for part in (message and cut(message, NAME_LENGTH), spoken) if part]
    return " · ".join(parts) or None


def topics(publisher: Socket | None, subscriber: Socket | None) -> str | None:
    """What a subscription asks for, else what the publisher sends; None where nothing is said."""
    asked = subscriber.subscribe if subscriber else None
    if asked and "" not in asked:
        return _listed(asked)
    return _listed(publisher.topics) if publisher and publisher.topics else None


def _listed(words: Sequence[str]) -> str:
    shown = [cut(_printable(word), TOPIC_LENGTH) for word in words[:TOPICS_SHOWN]]
    more = len(words) - len(shown)
    return ", ".join(shown) + (f" +{more}" if more else "")


def _printable(text: str) -> str:
    """Topics are bytes to ZeroMQ and may hold anything; pictures may not."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
