"""Socket options: what exists, fits, and may be set to what."""

from __future__ import annotations

import subprocess
import sys

import pytest

from orchestrator.transport.options import (
    OptionFault,
    applies,
    check_option,
    option_of,
)
from orchestrator.vocabulary import OptionValue, SocketType

T = SocketType


def fault(name: str, value: OptionValue, socket_type: SocketType | None) -> OptionFault | None:
    problem = check_option(name, value, socket_type)
    return problem.fault if problem else None


@pytest.mark.parametrize(
    ("name", "value", "socket_type"),
    [
        ("sndhwm", 0, T.PUB),
        ("linger", -1, T.REQ),
        ("conflate", True, T.PULL),
        ("router_mandatory", 1, T.ROUTER),
        ("identity", "T1", T.DEALER),
        ("routing_id", "T${{ replica.index }}", T.DEALER),
        ("maxmsgsize", 2**40, T.PULL),
        ("affinity", 2**63, T.PULL),
        ("xpub_nodrop", False, T.PUB),
        ("x-note", [], T.PUB),
        ("subscribe", "", T.SUB),
    ],
)
def test_options_that_are_right(name: str, value: OptionValue, socket_type: SocketType) -> None:
    assert check_option(name, value, socket_type) is None


@pytest.mark.parametrize(
    ("name", "value", "socket_type", "expected"),
    [
        ("snd_hwm", 10, T.PUB, OptionFault.UNKNOWN),
        ("SNDHWM", 10, T.PUB, OptionFault.UNKNOWN),
        ("hwm", 10, T.PUB, OptionFault.UNKNOWN),
        ("sndhwm", "10", T.PUB, OptionFault.TYPE),
        ("sndhwm", True, T.PUB, OptionFault.TYPE),
        ("sndhwm", 1.5, T.PUB, OptionFault.TYPE),
        ("immediate", "yes", T.PUSH, OptionFault.TYPE),
        ("routing_id", 5, T.DEALER, OptionFault.TYPE),
        ("sndhwm", -1, T.PUB, OptionFault.RANGE),
        ("immediate", 2, T.PUSH, OptionFault.RANGE),
        ("tcp_keepalive", 2, T.PUB, OptionFault.RANGE),
        ("heartbeat_ttl", 6553600, T.PUB, OptionFault.RANGE),
        ("routing_id", "", T.DEALER, OptionFault.RANGE),
        ("routing_id", "x" * 256, T.DEALER, OptionFault.RANGE),
        ("routing_id", "\0x", T.DEALER, OptionFault.RANGE),
        ("router_mandatory", True, T.PUB, OptionFault.REFUSED),
        ("req_relaxed", True, T.DEALER, OptionFault.REFUSED),
        ("conflate", True, T.REP, OptionFault.NO_EFFECT),
        ("routing_id", "x", T.PUB, OptionFault.NO_EFFECT),
        ("fd", 3, T.PUB, OptionFault.READ_ONLY),
        ("only_first_subscribe", True, T.XPUB, OptionFault.DRAFT),
        ("gssapi_server", True, T.ROUTER, OptionFault.MISSING),
        ("ipv4only", True, T.PUB, OptionFault.DEPRECATED),
    ],
)
def test_options_that_are_wrong(
    name: str, value: OptionValue, socket_type: SocketType, expected: OptionFault
) -> None:
    assert fault(name, value, socket_type) is expected


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("snd_hwm", 1, "did you mean `sndhwm`?"),
        ("ZMQ_SNDHWM", 1, "did you mean `sndhwm`?"),
        ("linger", "1s", "write 1000"),
        ("linger", "250ms", "write 250"),
        ("maxmsgsize", "1MiB", "write 1048576"),
        ("sndhwm", -1, "it may be 0 or more (messages)"),
        ("tcp_keepalive", 3, "it may be -1 to 1"),
    ],
)
def test_remedies(name: str, value: OptionValue, remedy: str) -> None:
    problem = check_option(name, value, T.PUB)
    assert problem is not None
    assert problem.remedy == remedy


def test_defaults_need_not_fit_every_socket() -> None:
    assert check_option("router_mandatory", True, None) is None
    assert applies("router_mandatory", T.ROUTER)
    assert not applies("router_mandatory", T.PUB)
    assert not applies("nonsense", T.PUB)


def test_an_option_is_found_under_its_older_name() -> None:
    assert option_of({"identity": "a"}, "routing_id") == "a"
    assert option_of({}, "routing_id") is None


def test_the_table_is_read_without_zmq() -> None:
    code = "import sys, orchestrator.transport.options; sys.exit('zmq' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
