"""Every socket option of libzmq, as data. What a value of it may be lives in `options`.

Source: zmq_setsockopt(3) and zmq_getsockopt(3) of libzmq 4.3.5 and include/zmq.h; which types refuse an
option (`accepted`) and which options the wheel's libzmq has was measured with pyzmq 27.3.0. libzmq takes most
options on every socket type and ignores them where they mean nothing: `applies_to` is what the manual says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from orchestrator.vocabulary import SocketType


class ValueKind(Enum):
    """What a value of an option is."""

    BOOL = "true or false"
    INT = "a whole number"
    TEXT = "text"
    BYTES = "bytes"
    """Written as text, sent as UTF-8."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option. Units are libzmq's own."""

    name: str
    kind: ValueKind
    applies_to: frozenset[SocketType]
    """The types it has an effect on."""
    low: int | None = None
    """The least value of a number, the least length in bytes of a text."""
    high: int | None = None
    accepted: frozenset[SocketType] = frozenset(SocketType)
    """The types that do not refuse it (EINVAL)."""
    settable: bool = True
    draft: bool = False
    deprecated: bool = False
    built_in: bool = True
    """Whether the libzmq of the wheels has it (GSSAPI and VMCI are left out there)."""
    unit: str | None = None
    transports: tuple[str, ...] = ()
    """The transports it means something for; empty for all."""


_BOOL, _INT, _TEXT, _BYTES = ValueKind.BOOL, ValueKind.INT, ValueKind.TEXT, ValueKind.BYTES
_I32, _I64, _U64 = 2**31 - 1, 2**63 - 1, 2**64 - 1
_ALL: Final = frozenset(SocketType)
_NOT_STREAM: Final = _ALL - {SocketType.STREAM}


def _types(names: str) -> frozenset[SocketType]:
    return frozenset(map(SocketType, names.split()))


def _option(
    name: str,
    kind: ValueKind,
    applies_to: frozenset[SocketType],
    low: int | None = None,
    high: int | None = None,
    *,
    accepted: str | None = None,
    transports: str = "",
    settable: bool = True,
    draft: bool = False,
    deprecated: bool = False,
    built_in: bool = True,
    unit: str | None = None,
) -> Option:
    return Option(
        name,
        kind,
        applies_to,
        low,
        high,
        accepted=_ALL if accepted is None else _types(accepted),
        settable=settable,
        draft=draft,
        deprecated=deprecated,
        built_in=built_in,
        unit=unit,
        transports=tuple(transports.split()),
    )


_TABLE: Final = (
    _option("affinity", _INT, _ALL, 0, _U64),
    _option("backlog", _INT, _ALL, 0, _I32, unit="connections"),
    _option("bindtodevice", _TEXT, _ALL, transports="tcp udp"),
    _option("busy_poll", _BOOL, _ALL, draft=True),
    _option("conflate", _BOOL, _types("PULL PUSH SUB PUB DEALER")),
    _option("connect_routing_id", _BYTES, _types("ROUTER STREAM"), 1, 255, accepted="REP ROUTER STREAM"),
    _option("connect_timeout", _INT, _ALL, 0, _I32, unit="ms", transports="tcp"),
    _option("curve_publickey", _BYTES, _ALL, transports="tcp ipc ws"),
    _option("curve_secretkey", _BYTES, _ALL, transports="tcp ipc ws"),
    _option("curve_server", _BOOL, _ALL, transports="tcp ipc ws"),
    _option("curve_serverkey", _BYTES, _ALL, transports="tcp ipc ws"),
    _option("disconnect_msg", _BYTES, _types("ROUTER"), draft=True),
    _option("events", _INT, _ALL, -_I32 - 1, _I32, settable=False),
    _option("fd", _INT, _ALL, -_I32 - 1, _I32, settable=False),
    _option("gssapi_plaintext", _BOOL, _ALL, built_in=False, transports="tcp"),
    _option("gssapi_principal", _TEXT, _ALL, built_in=False, transports="tcp"),
    _option("gssapi_principal_nametype", _INT, _ALL, 0, 2, built_in=False, transports="tcp ipc"),
    _option("gssapi_server", _BOOL, _ALL, built_in=False, transports="tcp"),
    _option("gssapi_service_principal", _TEXT, _ALL, built_in=False, transports="tcp"),
    _option("gssapi_service_principal_nametype", _INT, _ALL, 0, 2, built_in=False, transports="tcp ipc"),
    _option("handshake_ivl", _INT, _NOT_STREAM, 0, _I32, unit="ms"),
    _option("heartbeat_ivl", _INT, _ALL, 0, _I32, unit="ms"),
    _option("heartbeat_timeout", _INT, _ALL, 0, _I32, unit="ms"),
    _option("heartbeat_ttl", _INT, _ALL, 0, 6553599, unit="ms"),
    _option("hello_msg", _BYTES, _types("ROUTER DEALER"), draft=True),
    _option("hiccup_msg", _BYTES, _types("DEALER"), draft=True),
    _option("immediate", _BOOL, _ALL),
    _option("invert_matching", _BOOL, _types("PUB XPUB SUB")),
    _option("in_batch_size", _INT, _ALL, 1, _I32, draft=True, unit="messages", transports="tcp ipc pgm norm"),
    _option("ipc_filter_gid", _INT, _ALL, -_I32 - 1, _I32, deprecated=True, transports="ipc"),
    _option("ipc_filter_pid", _INT, _ALL, -_I32 - 1, _I32, deprecated=True, transports="ipc"),
    _option("ipc_filter_uid", _INT, _ALL, -_I32 - 1, _I32, deprecated=True, transports="ipc"),
    _option("ipv4only", _BOOL, _ALL, deprecated=True, transports="tcp"),
    _option("ipv6", _BOOL, _ALL, transports="tcp"),
    _option("last_endpoint", _TEXT, _ALL, settable=False, transports="tcp ipc"),
    _option("linger", _INT, _ALL, -1, _I32, unit="ms"),
    _option("loopback_fastpath", _BOOL, _ALL, draft=True, transports="tcp"),
    _option("maxmsgsize", _INT, _ALL, -1, _I64, unit="bytes"),
    _option("mechanism", _INT, _ALL, -_I32 - 1, _I32, settable=False, transports="tcp ipc"),
    _option("metadata", _TEXT, _ALL, draft=True),
    _option("multicast_hops", _INT, _ALL, 1, _I32, unit="hops"),
    _option("multicast_loop", _BOOL, _types(""), draft=True, transports="udp"),
    _option("multicast_maxtpdu", _INT, _ALL, 1, _I32, unit="bytes"),
    _option("norm_block_size", _INT, _ALL, 1, 255, draft=True, transports="norm"),
    _option("norm_buffer_size", _INT, _ALL, -_I32 - 1, _I32, draft=True, unit="kilobytes", transports="norm"),
    _option("norm_mode", _INT, _ALL, 0, 4, draft=True, transports="norm"),
    _option("norm_num_autoparity", _INT, _ALL, 0, 254, draft=True, transports="norm"),
    _option("norm_num_parity", _INT, _ALL, 1, 254, draft=True, transports="norm"),
    _option("norm_push", _BOOL, _ALL, draft=True, transports="norm"),
    _option("norm_segment_size", _INT, _ALL, -_I32 - 1, _I32, draft=True, unit="bytes", transports="norm"),
    _option("norm_unicast_nack", _BOOL, _ALL, draft=True, transports="norm"),
    _option("only_first_subscribe", _BOOL, _types("XSUB XPUB"), draft=True),
    _option(
        "out_batch_size", _INT, _ALL, 1, _I32, draft=True, unit="messages", transports="tcp ipc pgm norm"
    ),
    _option("plain_password", _TEXT, _ALL, 1, 255, transports="tcp ipc ws"),
    _option("plain_server", _BOOL, _ALL, transports="tcp ipc ws"),
    _option("plain_username", _TEXT, _ALL, 1, 255, transports="tcp ipc ws"),
    _option("priority", _INT, _ALL, 0, _I32, draft=True),
    _option("probe_router", _BOOL, _types("ROUTER DEALER REQ"), accepted="REQ REP DEALER ROUTER"),
    _option("rate", _INT, _ALL, 1, _I32, unit="kbit/s"),
    _option("rcvbuf", _INT, _ALL, -1, _I32, unit="bytes"),
    _option("rcvhwm", _INT, _ALL, 0, _I32, unit="messages"),
    _option("rcvmore", _BOOL, _ALL, settable=False),
    _option("rcvtimeo", _INT, _ALL, -1, _I32, unit="ms"),
    _option("reconnect_ivl", _INT, _ALL, -1, _I32, unit="ms"),
    _option("reconnect_ivl_max", _INT, _ALL, 0, _I32, unit="ms"),
    _option("reconnect_stop", _INT, _ALL, 0, 3, draft=True),
    _option("recovery_ivl", _INT, _ALL, 0, _I32, unit="ms"),
    _option("req_correlate", _BOOL, _types("REQ"), accepted="REQ"),
    _option("req_relaxed", _BOOL, _types("REQ"), accepted="REQ"),
    _option("router_handover", _BOOL, _types("ROUTER"), accepted="REP ROUTER"),
    _option("router_mandatory", _BOOL, _types("ROUTER"), accepted="REP ROUTER"),
    _option("router_notify", _INT, _types("ROUTER"), 0, 3, draft=True),
    _option("router_raw", _BOOL, _types("ROUTER"), accepted="REP ROUTER", deprecated=True),
    _option("routing_id", _BYTES, _types("REQ REP ROUTER DEALER"), 1, 255),
    _option("sndbuf", _INT, _ALL, -1, _I32, unit="bytes"),
    _option("sndhwm", _INT, _ALL, 0, _I32, unit="messages"),
    _option("sndtimeo", _INT, _ALL, -1, _I32, unit="ms"),
    _option("socks_password", _TEXT, _ALL, draft=True, transports="tcp"),
    _option("socks_proxy", _TEXT, _ALL, transports="tcp"),
    _option("socks_username", _TEXT, _ALL, draft=True, transports="tcp"),
    _option("stream_notify", _BOOL, _types("STREAM"), accepted="STREAM"),
    _option("subscribe", _BYTES, _types("SUB"), accepted="SUB"),
    _option("tcp_accept_filter", _BYTES, _ALL, deprecated=True, transports="tcp"),
    _option("tcp_keepalive", _INT, _ALL, -1, 1, transports="tcp"),
    _option("tcp_keepalive_cnt", _INT, _ALL, -1, _I32, transports="tcp"),
    _option("tcp_keepalive_idle", _INT, _ALL, -1, _I32, transports="tcp"),
    _option("tcp_keepalive_intvl", _INT, _ALL, -1, _I32, transports="tcp"),
    _option("tcp_maxrt", _INT, _ALL, 0, _I32, unit="ms", transports="tcp"),
    _option("thread_safe", _BOOL, _ALL, settable=False),
    _option("topics_count", _INT, _types("PUB XPUB SUB XSUB"), -_I32 - 1, _I32, settable=False, draft=True),
    _option("tos", _INT, _ALL, 0, 255),
    _option("type", _INT, _ALL, -_I32 - 1, _I32, settable=False),
    _option("unsubscribe", _BYTES, _types("SUB"), accepted="SUB"),
    _option("use_fd", _INT, _ALL, -1, _I32, unit="file descriptor", transports="tcp ipc"),
    _option("vmci_buffer_max_size", _INT, _ALL, 0, _U64, built_in=False, unit="bytes", transports="vmci"),
    _option("vmci_buffer_min_size", _INT, _ALL, 0, _U64, built_in=False, unit="bytes", transports="vmci"),
    _option("vmci_buffer_size", _INT, _ALL, 0, _U64, built_in=False, unit="bytes", transports="vmci"),
    _option("vmci_connect_timeout", _INT, _ALL, -1, _I32, built_in=False, unit="ms", transports="vmci"),
    _option("wss_cert_pem", _TEXT, _ALL, draft=True, transports="ws"),
    _option("wss_hostname", _TEXT, _ALL, draft=True, transports="ws"),
    _option("wss_key_pem", _TEXT, _ALL, draft=True, transports="ws"),
    _option("wss_trust_pem", _TEXT, _ALL, draft=True, transports="ws"),
    _option("wss_trust_system", _BOOL, _ALL, draft=True, transports="ws"),
    _option("xpub_manual", _BOOL, _types("XPUB"), accepted="PUB XPUB"),
    _option("xpub_manual_last_value", _BOOL, _types("XPUB"), draft=True),
    _option("xpub_nodrop", _BOOL, _types("XPUB PUB"), accepted="PUB XPUB"),
    _option("xpub_verbose", _BOOL, _types("XPUB"), accepted="PUB XPUB"),
    _option("xpub_verboser", _BOOL, _types("XPUB"), accepted="PUB XPUB"),
    _option("xpub_welcome_msg", _BYTES, _types("XPUB"), accepted="PUB XPUB"),
    _option("xsub_verbose_unsubscribe", _BOOL, _types("XSUB"), draft=True),
    _option("zap_domain", _TEXT, _ALL, transports="tcp ipc ws"),
    _option("zap_enforce_domain", _BOOL, _ALL, draft=True, transports="tcp ipc ws"),
)

OPTIONS: Final[Mapping[str, Option]] = MappingProxyType({o.name: o for o in _TABLE})
"""By lower-case name, as users write it."""

SUCCESSORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hwm": "write `sndhwm` and `rcvhwm`: libzmq has one for each direction since 3.0",
        "swap": "libzmq dropped it in 3.0",
        "mcast_loop": "write `multicast_loop`",
        "recovery_ivl_msec": "write `recovery_ivl`",
        "reconnect_ivl_msec": "write `reconnect_ivl`",
        "ipv4only": "write `ipv6`, with the opposite value",
        "router_raw": "use a STREAM socket",
        "tcp_accept_filter": "use an authenticator (ZAP)",
        "ipc_filter_gid": "use an authenticator (ZAP)",
        "ipc_filter_pid": "use an authenticator (ZAP)",
        "ipc_filter_uid": "use an authenticator (ZAP)",
        "sndtimeout": "write `sndtimeo`",
        "rcvtimeout": "write `rcvtimeo`",
        "timeout": "write `rcvtimeo` and `sndtimeo`",
        "io_threads": "it is an option of the context, not of a socket",
        "max_sockets": "it is an option of the context, not of a socket",
    }
)
"""What to write in place of options that are gone, deprecated, or belong elsewhere."""
