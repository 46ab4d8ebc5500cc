"""Heartbeat, restart, stop and probes as plain data, in the words of the language."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from orchestrator.model.quantities import format_duration
from orchestrator.model.types import (
    DelayProbe,
    ExecProbe,
    FileProbe,
    Health,
    Heartbeat,
    LogProbe,
    PeersProbe,
    Probe,
    ProbeKind,
    Restart,
    Stop,
    TcpProbe,
    ZmqProbe,
)
from orchestrator.vocabulary import JsonValue

Text = Callable[[str], str]
"""Puts what is known in the place of references."""


def heartbeat_data(heartbeat: Heartbeat) -> dict[str, JsonValue]:
    """`heartbeat`, every key of it."""
    return {
        "interval": format_duration(heartbeat.interval_s),
        "liveness": heartbeat.liveness,
        "stall": None if heartbeat.stall_s is None else format_duration(heartbeat.stall_s),
    }


def restart_data(restart: Restart) -> dict[str, JsonValue]:
    """`restart`, every key of it."""
    backoff = restart.backoff
    return {
        "policy": restart.policy.value,
        "backoff": {
            "initial": format_duration(backoff.initial_s),
            "factor": number(backoff.factor),
            "max": format_duration(backoff.max_s),
            "jitter": number(backoff.jitter),
        },
        "max_restarts": restart.max_restarts,
        "window": format_duration(restart.window_s),
    }


def stop_data(stop: Stop) -> dict[str, JsonValue]:
    """`stop`, every key of it."""
    return {"signal": stop.signal, "grace": format_duration(stop.grace_s), "ok_exit": list(stop.ok_exit)}


def probe_data(probe: Probe, text: Text) -> dict[str, JsonValue]:
    """`ready` or `done`, with its interval; its timeout where it has one."""
    data = _kind(probe.kind, text)
    data["interval"] = format_duration(probe.interval_s)
    if math.isfinite(probe.timeout_s):
        data["timeout"] = format_duration(probe.timeout_s)
    return data


def health_data(health: Health, text: Text) -> dict[str, JsonValue]:
    """`health`, every key of it."""
    return {
        **_kind(health.kind, text),
        "interval": format_duration(health.interval_s),
        "timeout": format_duration(health.timeout_s),
        "retries": health.retries,
        "start_period": format_duration(health.start_period_s),
    }


def _kind(kind: ProbeKind, text: Text) -> dict[str, Any]:
    match kind:
        case TcpProbe():
            targets = [text(target) for target in kind.targets]
            return {"tcp": targets[0] if len(targets) == 1 else targets}
        case FileProbe():
            return {"file": text(kind.path)}
        case LogProbe():
            return {"log": text(kind.pattern)}
        case ExecProbe():
            return {"exec": [text(word) for word in kind.argv]}
        case ZmqProbe():
            asked = {"socket": kind.socket, "send": kind.send, "expect": kind.expect}
            return {"zmq": {key: text(value) for key, value in asked.items() if value is not None}}
        case PeersProbe():
            return {"peers": {"socket": kind.socket, "count": kind.count}}
        case DelayProbe():
            return {"delay": format_duration(kind.delay_s)}
        case _:
            return {"heartbeat": True}


def number(value: float) -> int | float:
    """2.0 as 2."""
    return int(value) if math.isfinite(value) and value == int(value) else value
