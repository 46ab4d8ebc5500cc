"""The beginning of ZMTP, byte by byte."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.importing.zmtp import GREETING, SIGNATURE, Hello, NotZmtpError, parse


def ready(**properties: bytes) -> bytes:
    body = b"\x05READY"
    for name, value in properties.items():
        key = name.replace("_", "-").encode()
        body += bytes([len(key)]) + key + struct.pack(">I", len(value)) + value
    return bytes([4, len(body)]) + body


def test_a_peer_without_security_tells_its_type_and_name() -> None:
    hello = parse(GREETING + ready(Socket_Type=b"ROUTER", Identity=b"me"))
    assert hello == Hello(version="3.0", type="ROUTER", routing_id=b"me")


def test_every_prefix_waits_for_more() -> None:
    whole = GREETING + ready(Socket_Type=b"PUB")
    assert [parse(whole[:n]) for n in range(len(whole))] == [None] * len(whole)


def test_a_mechanism_hides_the_type() -> None:
    greeting = SIGNATURE + b"\x03\x01" + b"CURVE".ljust(20, b"\0") + b"\1" + bytes(31)
    assert parse(greeting) == Hello(version="3.1", mechanism="CURVE")


def test_version_2_tells_the_type_as_a_number() -> None:
    assert parse(SIGNATURE + b"\x01\x08") == Hello(version="2.0", type="PUSH")


def test_an_error_tells_why() -> None:
    body = b"\x05ERROR\x0cnot for free"
    hello = parse(GREETING + bytes([4, len(body)]) + body)
    assert hello is not None
    assert hello.error == "not for free"


@pytest.mark.parametrize("data", [b"HTTP/1.1 400", b"SSH-2.0-x", b"\xff\0\0\0\0\0\0\0\0\x00", b"\x00"])
def test_other_protocols_are_told_at_once(data: bytes) -> None:
    with pytest.raises(NotZmtpError):
        parse(data)


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_break_it(data: bytes, greeted: bool) -> None:
    with suppress(NotZmtpError):
        parse((GREETING if greeted else b"") + data)
