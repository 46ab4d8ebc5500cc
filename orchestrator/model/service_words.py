"""The quality of service as plain data again, in the words of the language. What is as usual is left out."""

from __future__ import annotations

import math
from typing import TypeAlias

from orchestrator.model.quantities import format_duration, format_size
from orchestrator.model.securities import Securing, SocketSecurity
from orchestrator.vocabulary import JsonValue
from orchestrator.wire.qos import Batch, Check, Compress, Limits, OnLag, QoS, Retry, WaitFor

Data: TypeAlias = dict[str, JsonValue]


def contract_words(envelope: bool, compress: Compress | None, check: Check) -> Data:
    """What a message says beside what is in it."""
    return present(
        envelope=envelope or None,
        compression=None if compress is None else _compress(compress),
        check=None if check is Check.FIRST else check.value,
    )


def service_words(qos: QoS) -> Data:
    """What a socket says."""
    lag, breaker = qos.max_lag_s, qos.breaker
    return present(
        envelope=qos.envelope or None,
        delivery=None if qos.delivery is None else qos.delivery.value,
        wait_for=None if qos.wait_for is None else _wait_for(qos.wait_for),
        max_lag=None if lag is None else format_duration(lag),
        on_lag=None if lag is None and qos.on_lag is OnLag.REPORT else qos.on_lag.value,
        failover=None if qos.failover is None else qos.failover.value,
        retry=None if qos.retry is None else _retry(qos.retry),
        breaker=None
        if breaker is None
        else {"failures": breaker.failures, "reset": format_duration(breaker.reset_s)},
        batch=None if qos.batch is None else _batch(qos.batch),
        shared_memory=_shared_memory(qos.shared_memory),
        limits=_limits(qos.limits) or None,
    )


def socket_security_words(security: SocketSecurity | None) -> Data:
    """`security` of a socket."""
    if security is None:
        return {}
    if security.allow is None and not security.unencrypted:
        return {"security": security.mechanism.value}
    more = present(
        allow=None if security.allow is None else list(security.allow),
        unencrypted=security.unencrypted or None,
    )
    return {"security": {"mechanism": security.mechanism.value, **more}}


def securing_words(securing: Securing) -> Data:
    """`security` of the topology, with absolute paths."""
    data: Data = {"curve": {"keys": securing.keys, "links": securing.links.value}}
    if securing.users is not None:
        data["plain"] = {"users": securing.users}
    return data


def present(**values: JsonValue) -> Data:
    """The values that are any."""
    return {key: value for key, value in values.items() if value is not None}


def number(value: float) -> int | float:
    """2.0 as 2."""
    return int(value) if math.isfinite(value) and value == int(value) else value


def _compress(compress: Compress) -> Data:
    return present(codec=compress.codec.value, above=format_size(compress.above), level=compress.level)


def _wait_for(wait_for: WaitFor) -> Data:
    return present(
        count="all" if wait_for.count is None else wait_for.count,
        timeout=None if wait_for.timeout_s is None else format_duration(wait_for.timeout_s),
    )


def _retry(retry: Retry) -> Data:
    return {
        "timeout": format_duration(retry.timeout_s),
        "attempts": retry.attempts,
        "backoff": {
            "initial": format_duration(retry.initial_s),
            "factor": number(retry.factor),
            "max": format_duration(retry.max_s),
            "jitter": number(retry.jitter),
        },
    }


def _batch(batch: Batch) -> Data:
    return {
        "max_messages": batch.max_messages,
        "max_bytes": format_size(batch.max_bytes),
        "max_delay": format_duration(batch.max_delay_s),
    }


def _shared_memory(size: int | None) -> JsonValue:
    return format_size(size) if size else None if size is None else False


def _limits(limits: Limits) -> Data:
    rate = limits.handshakes_per_second
    return present(
        message_size=None if limits.message_size is None else format_size(limits.message_size),
        frames=limits.frames,
        connections=limits.connections,
        handshakes_per_second=None if rate is None else number(rate),
    )
