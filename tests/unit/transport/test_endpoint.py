"""Endpoints taken apart, and texts that are none."""

from __future__ import annotations

import pytest

from orchestrator.transport.endpoint import (
    EndpointProblem,
    HostKind,
    ParsedEndpoint,
    ProblemKind,
    Transport,
    is_address,
    parse_endpoint,
)


def good(text: str) -> ParsedEndpoint:
    parsed = parse_endpoint(text)
    assert isinstance(parsed, ParsedEndpoint), parsed
    return parsed


def bad(text: str) -> EndpointProblem:
    parsed = parse_endpoint(text)
    assert isinstance(parsed, EndpointProblem), parsed
    return parsed


@pytest.mark.parametrize(
    ("text", "host", "kind", "port"),
    [
        ("tcp://*:5555", "*", HostKind.WILDCARD, 5555),
        ("tcp://0.0.0.0:5555", "0.0.0.0", HostKind.WILDCARD, 5555),
        ("tcp://[::]:5555", "::", HostKind.WILDCARD, 5555),
        ("tcp://127.0.0.1:1", "127.0.0.1", HostKind.LOOPBACK, 1),
        ("tcp://127.1.2.3:65535", "127.1.2.3", HostKind.LOOPBACK, 65535),
        ("tcp://localhost:80", "localhost", HostKind.LOOPBACK, 80),
        ("tcp://[::1]:80", "::1", HostKind.LOOPBACK, 80),
        ("tcp://10.0.0.5:9000", "10.0.0.5", HostKind.IPV4, 9000),
        ("tcp://[fe80::1%eth0]:9000", "fe80::1%eth0", HostKind.IPV6, 9000),
        ("tcp://2001:db8::1:9000", "2001:db8::1", HostKind.IPV6, 9000),
        ("tcp://eth0:9000", "eth0", HostKind.NAME, 9000),
        ("tcp://eth0.100:9000", "eth0.100", HostKind.NAME, 9000),
        ("tcp://host_with_underscore:55", "host_with_underscore", HostKind.NAME, 55),
        ("tcp://db.example.org:9000", "db.example.org", HostKind.NAME, 9000),
    ],
)
def test_tcp_addresses(text: str, host: str, kind: HostKind, port: int) -> None:
    parsed = good(text)
    assert (parsed.transport, parsed.host, parsed.host_kind, parsed.port) == (Transport.TCP, host, kind, port)
    assert not parsed.is_wildcard


@pytest.mark.parametrize("text", ["tcp://*:*", "tcp://127.0.0.1:0", "tcp://eth0:*", "ipc://*"])
def test_wildcards_are_for_the_system_to_choose(text: str) -> None:
    assert good(text).is_wildcard
    assert good(text).port is None


def test_source_and_destination() -> None:
    parsed = good("tcp://eth0:0;10.0.0.1:5555")
    assert (parsed.source, parsed.host, parsed.port) == ("eth0:0", "10.0.0.1", 5555)


def test_paths_and_names() -> None:
    assert good("ipc:///tmp/x.sock").path == "/tmp/x.sock"
    assert good("ipc://relative/x").path == "relative/x"
    assert good("ipc://@abstract").is_abstract
    assert not good("ipc:///tmp/@x").is_abstract
    assert good("inproc://any thing").path == "any thing"


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        ("udp://239.0.0.1:5555", Transport.UDP),
        ("epgm://eth0;239.192.1.1:5555", Transport.EPGM),
        ("ws://127.0.0.1:8080/path", Transport.WS),
        ("tipc://{5560,0,0}", Transport.TIPC),
        ("vsock://2:5555", Transport.VSOCK),
    ],
)
def test_other_transports_are_known(text: str, transport: Transport) -> None:
    assert good(text).transport is transport
    assert transport.in_wheel is (transport is Transport.TIPC)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("tcp://*.5570", "tcp://*:5570"),
        ("tcp://127.0.0.1.5555", "tcp://127.0.0.1:5555"),
        ("tcp://localhost,5555", "tcp://localhost:5555"),
        ("tcp://localhost 5555", "tcp://localhost:5555"),
        ("tcp://127.0.0.1", "tcp://127.0.0.1:PORT"),
        ("tcp://localhost:", "tcp://localhost:PORT"),
        ("tcp:/127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("tcp:127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("tcp//127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("tcp:///127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("tcp://127.0.0.1:5555/", "tcp://127.0.0.1:5555"),
        ("tcp://127.0.0.1:5555 ", "tcp://127.0.0.1:5555"),
        ("127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("*:5555", "tcp://*:5555"),
        ("tcp://:5555", "tcp://*:5555"),
        ("tcp://*:5555-5560", "tcp://*:5555"),
        ("tcp://host:55a", "tcp://host:55"),
        ("/tmp/x.sock", "ipc:///tmp/x.sock"),
        ("ipc:/tmp/x", "ipc:///tmp/x"),
        ("tcp://256.1.1.1:5", None),
        ("tcp://", None),
        ("ipc://", None),
        ("inproc://", None),
    ],
)
def test_what_was_probably_meant(text: str, suggestion: str | None) -> None:
    problem = bad(text)
    assert problem.kind is ProblemKind.SYNTAX
    assert problem.suggestion == suggestion
    assert problem.reason


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("tpc://127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("TCP://*:5555", "tcp://*:5555"),
        ("icp:///tmp/x", "ipc:///tmp/x"),
        ("unix:///tmp/x", "ipc:///tmp/x"),
        ("http://127.0.0.1:80", "tcp://127.0.0.1:80"),
        ("gopher://x", None),
    ],
)
def test_transports_that_are_none(text: str, suggestion: str | None) -> None:
    problem = bad(text)
    assert problem.kind is ProblemKind.TRANSPORT
    assert problem.suggestion == suggestion


@pytest.mark.parametrize("text", ["tcp://*:65536", "tcp://127.0.0.1:99999", "tcp://127.0.0.1:-1"])
def test_ports_that_cannot_be(text: str) -> None:
    assert bad(text).kind is ProblemKind.PORT_RANGE


def test_names_end_at_256_bytes() -> None:
    assert good("inproc://" + "x" * 256)
    assert bad("inproc://" + "x" * 257)


@pytest.mark.parametrize("text", ["tcp://*:1", "tcp:/x", "*:5", "/tmp/x", "127.0.0.1:5"])
def test_addresses_are_told_from_names(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", ["feed.ticks", "exchange", "auto"])
def test_names_are_no_addresses(text: str) -> None:
    assert not is_address(text)
