"""ZeroMQ endpoints as values: parsing, and what is wrong with a text that is none. Loads no zmq, does no I/O.

Sources: zmq_tcp(7), zmq_ipc(7), zmq_inproc(7), zmq_udp(7), zmq_pgm(7), zmq_vmci(7), zmq_tipc(7); libzmq's
ip_resolver.cpp for what an address may look like. libzmq itself checks little: `tcp://*:99999` binds 34463.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from orchestrator.transport.endpoint_types import (
    MAX_INPROC_NAME,
    MAX_IPC_PATH,
    MAX_PORT,
    EndpointProblem,
    HostKind,
    Parsed,
    ParsedEndpoint,
    ProblemKind,
    Transport,
)

__all__ = [
    "MAX_INPROC_NAME",
    "MAX_IPC_PATH",
    "MAX_PORT",
    "EndpointProblem",
    "HostKind",
    "Parsed",
    "ParsedEndpoint",
    "ProblemKind",
    "Transport",
    "host_kind",
    "is_address",
    "parse_endpoint",
]


_SHAPES: Final = {
    Transport.TCP: "tcp://ADDRESS:PORT",
    Transport.UDP: "udp://ADDRESS:PORT",
    Transport.WS: "ws://ADDRESS:PORT/PATH",
    Transport.WSS: "wss://ADDRESS:PORT/PATH",
    Transport.IPC: "ipc://PATH",
    Transport.INPROC: "inproc://NAME",
}
_SCHEME: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*)\s*(:?\s*[/\\]+|:)\s*(.*)", re.DOTALL)
_IPV4: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.:@-]*[A-Za-z0-9_])?")
_NOT_A_COLON: Final = re.compile(r"(.*[^.:;,/\s])[.,;/\s](\d{2,5})")


def is_address(text: str) -> bool:
    """Whether the text is meant as an address, not as `node.socket`, an endpoint's name, or `auto`."""
    return ":" in text or "/" in text or "*" in text


def parse_endpoint(text: str) -> Parsed:
    """Take an endpoint apart, or say why it is none. Suggestions are endpoints, or end in `:PORT`."""
    parsed = _parse(text)
    if isinstance(parsed, EndpointProblem) and parsed.suggestion is not None:
        return replace(parsed, suggestion=_repaired(parsed.suggestion))
    return parsed


def _parse(text: str) -> Parsed:
    scheme, separator, rest = text.partition("://")
    if not separator or not scheme.isascii() or not scheme.isalnum():
        return _no_scheme(text)
    if scheme not in Transport.__members__.values():
        return _wrong_scheme(text, scheme, rest)
    transport = Transport(scheme)
    if rest != rest.strip():
        return _syntax(text, "has blanks around its address", f"{scheme}://{rest.strip()}")
    if not rest:
        return _syntax(
            text, f"lacks what follows `{scheme}://`: expected {_SHAPES.get(transport, 'an address')}"
        )
    if transport in (Transport.TCP, Transport.UDP):
        return _parse_ip(text, transport, rest)
    if transport in (Transport.WS, Transport.WSS):
        address, slash, path = rest.partition("/")
        return _parse_ip(text, transport, address, slash + path)
    if transport is Transport.INPROC and len(rest.encode()) > MAX_INPROC_NAME:
        return _syntax(
            text, f"has a name of {len(rest.encode())} bytes; inproc names end at {MAX_INPROC_NAME}"
        )
    return ParsedEndpoint(text=text, transport=transport, path=rest)


def _parse_ip(text: str, transport: Transport, rest: str, path: str = "") -> Parsed:
    source, semicolon, address = rest.rpartition(";")
    if "/" in address:
        host, _, _ = address.lstrip("/").partition("/")
        if address.startswith("/"):
            return _syntax(text, "has a slash too many", _repaired(_joined(transport, source, host) or ""))
        return _syntax(
            text,
            f"has a `/` behind its port; {transport} addresses have no path",
            _joined(transport, source, host),
        )
    host, colon, port = _split_port(address)
    if not colon or not port:
        return _no_port(text, transport, address)
    kind = host_kind(host)
    if kind is None:
        return _syntax(
            text, f"names no host that can be: `{host}`" if host else "names no host", _host_guess(text, host)
        )
    number = _port(port)
    if number is None:
        return _bad_port(text, transport, port)
    if number > MAX_PORT:
        return EndpointProblem(
            text=text,
            kind=ProblemKind.PORT_RANGE,
            reason=f"has port {port}; ports end at {MAX_PORT}",
        )
    return ParsedEndpoint(
        text=text,
        transport=transport,
        host=host.strip("[]"),
        host_kind=kind,
        port=number or None,
        wildcard_port=number == 0,
        source=source if semicolon else None,
        path=path,
    )


@lru_cache(maxsize=4096)
def host_kind(host: str) -> HostKind | None:
    """What kind of host a text is; None when it can be none at all."""
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if bare in ("*", "0.0.0.0", "::"):
        return HostKind.WILDCARD
    if bare.lower() in ("localhost", "::1", "lo") or (bare.startswith("127.") and _is_ipv4(bare)):
        return HostKind.LOOPBACK
    if _IPV4.fullmatch(bare):
        return HostKind.IPV4 if _is_ipv4(bare) else None
    if ":" in bare:
        return HostKind.IPV6 if _is_ipv6(bare) else None
    return HostKind.NAME if _NAME.fullmatch(bare) else None


def _is_ipv4(host: str) -> bool:
    return bool(_IPV4.fullmatch(host)) and all(int(part) <= 255 for part in host.split("."))


def _is_ipv6(host: str) -> bool:
    address, percent, zone = host.partition("%")
    if percent and not zone:
        return False
    import ipaddress  # not worth its import time where no such address is written

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


def _split_port(address: str) -> tuple[str, str, str]:
    """(host, `:` or nothing, port); the colons of a bracketed IPv6 address are not taken for the port's."""
    if address.startswith("["):
        host, bracket, rest = address.partition("]")
        return (host + bracket, ":", rest[1:]) if rest.startswith(":") else (address, "", "")
    host, colon, port = address.rpartition(":")
    return (host, colon, port) if colon else (address, "", "")


def _port(text: str) -> int | None:
    """0 for a wildcard, None for what is no port."""
    if text == "*":
        return 0
    return int(text) if text.isascii() and text.isdigit() else None


def _no_port(text: str, transport: Transport, address: str) -> EndpointProblem:
    found = _NOT_A_COLON.fullmatch(address)
    if found and not _is_ipv4(address):
        return _syntax(
            text, f"has no port: expected {_SHAPES[transport]}", f"{transport}://{found[1]}:{found[2]}"
        )
    host = address.rstrip(":")
    return _syntax(
        text,
        f"has no port: expected {_SHAPES[transport]}",
        None if not host else f"{transport}://{host}:PORT",
    )


def _bad_port(text: str, transport: Transport, port: str) -> EndpointProblem:
    low, dash, high = port.partition("-")
    if dash and low.isdigit() and high.isdigit():
        return _syntax(
            text,
            f"has a range of ports, `{port}`, and a socket binds one (replicas take one each, from it on)",
            text.removesuffix(port) + low,
        )
    if port.startswith("-") and port[1:].isdigit():
        return EndpointProblem(
            text=text, kind=ProblemKind.PORT_RANGE, reason=f"has port {port}; ports start at 1"
        )
    digits = re.match(r"\d+", port)
    guess = text.removesuffix(port) + digits[0] if digits else None
    return _syntax(text, f"has `{port}` where its port belongs: expected {_SHAPES[transport]}", guess)


def _host_guess(text: str, host: str) -> str | None:
    if not host:
        return text.replace("://:", "://*:", 1)
    if "//" in host or " " in host:
        return text.replace(host, host.replace(" ", "").strip("/"), 1)
    return None


def _joined(transport: Transport, source: str, address: str) -> str | None:
    if ":" not in address:
        return None
    return f"{transport}://{source};{address}" if source else f"{transport}://{address}"


def _no_scheme(text: str) -> EndpointProblem:
    """`tcp:/host:1`, `tcp:host:1`, `tcp//host:1`, `127.0.0.1:5555`, `*:5555`, `/tmp/x.sock`."""
    found = _SCHEME.fullmatch(text)
    if found and (known := _nearest_transport(found[1])):
        rest = found[3].strip()
        if known == "ipc" and "/" in found[2]:
            rest = f"/{rest}"  # `ipc:/tmp/x` names an absolute path
        return _syntax(text, f"is not written as {known}://…", _repaired(f"{known}://{rest}"))
    if text.startswith("/"):
        return _syntax(text, "does not say which transport it is", f"ipc://{text}")
    return _syntax(text, "does not say which transport it is", _repaired(f"tcp://{text.strip().lstrip('/')}"))


def _wrong_scheme(text: str, scheme: str, rest: str) -> EndpointProblem:
    known = _nearest_transport(scheme)
    if known is not None and scheme.lower() == known:
        reason = f"has its transport in capitals; libzmq knows `{known}` only"
    else:
        reason = f"has the transport `{scheme}`, which ZeroMQ does not have"
    return EndpointProblem(
        text=text,
        kind=ProblemKind.TRANSPORT,
        reason=reason,
        suggestion=_repaired(f"{known}://{rest}") if known else None,
    )


_USUAL: Final = ("tcp", "ipc", "inproc", "udp", "pgm", "epgm", "norm", "ws", "wss", "tipc", "vmci", "vsock")
_ALSO: Final = {
    "unix": "ipc",
    "http": "tcp",
    "https": "tcp",
    "zmq": "tcp",
    "shm": "ipc",
    "inprocess": "inproc",
}


def _nearest_transport(word: str) -> str | None:
    lower = word.lower()
    if lower in _USUAL:
        return lower
    if lower in _ALSO:
        return _ALSO[lower]
    swapped = next((t for t in _USUAL if sorted(t) == sorted(lower)), None)
    if swapped:
        return swapped
    import difflib  # only for a text that is wrong

    near = difflib.get_close_matches(lower, _USUAL, n=1, cutoff=0.6)
    return near[0] if near else None


def _repaired(guess: str) -> str | None:
    """A guess, when it is an endpoint indeed or leads to one."""
    for _ in range(3):
        if guess.endswith(":PORT"):
            return guess
        parsed = _parse(guess)
        if isinstance(parsed, ParsedEndpoint):
            return guess
        if parsed.suggestion is None:
            return None
        guess = parsed.suggestion
    return None


def _syntax(text: str, reason: str, suggestion: str | None = None) -> EndpointProblem:
    return EndpointProblem(
        text=text,
        kind=ProblemKind.SYNTAX,
        reason=reason,
        suggestion=suggestion if suggestion != text else None,
    )
