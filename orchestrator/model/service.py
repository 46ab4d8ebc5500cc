"""The quality of service: what messages, sockets and nodes say of delivery, retries, batches and limits."""

from __future__ import annotations

import os
from typing import Final

from orchestrator.model.parts import Data, Findings
from orchestrator.model.quantities import parse_duration, parse_size
from orchestrator.model.securities import CurveLinks, Securing, SocketSecurity
from orchestrator.model.settings import build_backoff, duration
from orchestrator.model.types import Backoff
from orchestrator.vocabulary import Path
from orchestrator.wire.qos import (
    SHARED_MEMORY_POOL,
    Batch,
    Breaker,
    Compress,
    Compression,
    Delivery,
    Failover,
    Limits,
    Mechanism,
    OnLag,
    QoS,
    Retry,
    WaitFor,
)

KEYS: Final = "keys"
"""The directory of the keys where `security.curve.keys` names no other."""
_USUAL: Final = QoS()
_BACKOFF: Final = Backoff(
    initial_s=Retry().initial_s, factor=Retry().factor, max_s=Retry().max_s, jitter=Retry().jitter
)
_WORDS: Final = frozenset(
    {"envelope", "delivery", "wait_for", "max_lag", "on_lag", "failover", "retry", "breaker", "batch"}
    | {"shared_memory", "limits"}
)


def build_service(data: Data, path: Path, findings: Findings) -> QoS:
    """What a socket says itself; what its message says is not in it."""
    if _WORDS.isdisjoint(data):
        return _USUAL
    return QoS(
        envelope=data.get("envelope", False),
        delivery=Delivery(data["delivery"]) if "delivery" in data else None,
        batch=_batch(data["batch"]) if "batch" in data else None,
        wait_for=_wait_for(data["wait_for"]) if "wait_for" in data else None,
        max_lag_s=parse_duration(data["max_lag"]) if "max_lag" in data else None,
        on_lag=OnLag(data.get("on_lag", _USUAL.on_lag)),
        retry=_retry(data["retry"], (*path, "retry"), findings) if "retry" in data else None,
        breaker=_breaker(data["breaker"]) if "breaker" in data else None,
        failover=Failover(data["failover"]) if "failover" in data else None,
        shared_memory=_shared_memory(data["shared_memory"]) if "shared_memory" in data else None,
        limits=_limits(data["limits"]) if "limits" in data else _USUAL.limits,
    )


def build_compress(value: str | Data | None) -> Compress | None:
    """`compression` of a message; a plain word is the codec."""
    if value is None:
        return None
    data: Data = {"codec": value} if isinstance(value, str) else value
    return Compress(
        codec=Compression(data["codec"]),
        above=_size(data, "above", Compress(codec=Compression.GZIP).above),
        level=int(data["level"]) if "level" in data else None,
    )


def build_socket_security(data: Data) -> SocketSecurity | None:
    """`security` of a socket: a word, a mapping, or nothing, which is a mechanism too."""
    if "security" not in data:
        return None
    said: str | Data | None = data["security"]
    if not isinstance(said, dict):
        return SocketSecurity(mechanism=Mechanism(said or Mechanism.NULL))
    return SocketSecurity(
        mechanism=Mechanism(said.get("mechanism", Mechanism.CURVE)),
        allow=tuple(said["allow"]) if "allow" in said else None,
        unencrypted=said.get("unencrypted", False),
    )


def build_securing(data: Data, directory: str) -> Securing:
    """`security` of the topology. Paths start from `directory`."""
    curve, plain = data.get("curve"), data.get("plain")
    links = CurveLinks.CHOSEN if curve is None else CurveLinks(curve.get("links", CurveLinks.ALL))
    return Securing(
        keys=absolute((curve or {}).get("keys", KEYS), directory),
        links=links,
        users=None if plain is None else absolute(plain["users"], directory),
    )


def absolute(path: str, directory: str) -> str:
    """A path of the file's, from `directory`; `~` is the home directory."""
    return os.path.normpath(os.path.join(directory, os.path.expanduser(path)))  # noqa: PTH111, PTH118


def _size(data: Data, key: str, default: int) -> int:
    return parse_size(data[key]) if key in data else default


def _batch(data: Data) -> Batch:
    usual = Batch()
    return Batch(
        max_messages=int(data.get("max_messages", usual.max_messages)),
        max_bytes=_size(data, "max_bytes", usual.max_bytes),
        max_delay_s=duration(data, "max_delay", usual.max_delay_s),
    )


def _wait_for(value: str | float | Data) -> WaitFor:
    data: Data = value if isinstance(value, dict) else {"count": value}
    count = data.get("count", "all")
    return WaitFor(
        count=None if count == "all" else int(count),
        timeout_s=parse_duration(data["timeout"]) if "timeout" in data else None,
    )


def _retry(data: Data, path: Path, findings: Findings) -> Retry:
    usual, backoff = Retry(), _BACKOFF
    if "backoff" in data:
        backoff = build_backoff(data["backoff"], backoff, (*path, "backoff"), findings)
    return Retry(
        timeout_s=duration(data, "timeout", usual.timeout_s),
        attempts=int(data.get("attempts", usual.attempts)),
        initial_s=backoff.initial_s,
        factor=backoff.factor,
        max_s=backoff.max_s,
        jitter=backoff.jitter,
    )


def _breaker(data: Data) -> Breaker:
    usual = Breaker()
    return Breaker(
        failures=int(data.get("failures", usual.failures)), reset_s=duration(data, "reset", usual.reset_s)
    )


def _shared_memory(value: bool | str) -> int:
    if isinstance(value, str):
        return parse_size(value)
    return SHARED_MEMORY_POOL if value else 0


def _limits(data: Data) -> Limits:
    def count(key: str) -> int | None:
        return int(data[key]) if key in data else None

    rate = data.get("handshakes_per_second")
    return Limits(
        message_size=parse_size(data["message_size"]) if "message_size" in data else None,
        frames=count("frames"),
        connections=count("connections"),
        handshakes_per_second=None if rate is None else float(rate),
    )
