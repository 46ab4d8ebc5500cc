"""Heartbeat, restart, stop and resources: a node's own words over those of `defaults`, key by key."""

from __future__ import annotations

import math
from collections.abc import Mapping

from orchestrator.model.codes import BACKOFF_ORDER, CPU_RANGE, NOT_A_NUMBER
from orchestrator.model.parts import Data, Findings
from orchestrator.model.quantities import parse_cpus, parse_duration, parse_size
from orchestrator.model.types import Backoff, Heartbeat, Logs, Resources, Restart, Stop, Supervision
from orchestrator.vocabulary import AutoShutdown, Path, RestartPolicy, Strategy

DEFAULT_HEARTBEAT = Heartbeat()
DEFAULT_RESTART = Restart()
DEFAULT_STOP = Stop()
DEFAULT_RESOURCES = Resources()


def duration(data: Data, key: str, default: float) -> float:
    """The duration under `key` in seconds."""
    return parse_duration(data[key]) if key in data else default


def build_heartbeat(data: Data, base: Heartbeat) -> Heartbeat:
    """`heartbeat` over `base`."""
    stall = data.get("stall", base.stall_s)
    return Heartbeat(
        interval_s=duration(data, "interval", base.interval_s),
        liveness=int(data.get("liveness", base.liveness)),
        stall_s=parse_duration(stall) if isinstance(stall, str) else stall,
    )


def build_logs(data: Data) -> Logs:
    """`logs`."""
    usual = Logs()
    return Logs(
        max_size=parse_size(data["max_size"]) if "max_size" in data else usual.max_size,
        max_files=int(data.get("max_files", usual.max_files)),
        max_age_s=duration(data, "max_age", usual.max_age_s),
    )


def build_supervision(data: Data) -> Supervision:
    """`supervision`."""
    usual = Supervision()
    limit = data.get("max_restarts")
    return Supervision(
        strategy=Strategy(data.get("strategy", usual.strategy)),
        max_restarts=usual.max_restarts if limit is None else int(limit),
        window_s=duration(data, "window", usual.window_s),
        auto_shutdown=AutoShutdown(data.get("auto_shutdown", usual.auto_shutdown)),
    )


def build_restart(value: str | Data, base: Restart, path: Path, findings: Findings) -> Restart:
    """`restart` over `base`; a plain word is the policy."""
    data: Data = {"policy": value} if isinstance(value, str) else value
    backoff = base.backoff
    if "backoff" in data:
        backoff = build_backoff(data["backoff"], backoff, (*path, "backoff"), findings)
    return Restart(
        policy=RestartPolicy(data.get("policy", base.policy)),
        backoff=backoff,
        max_restarts=int(data.get("max_restarts", base.max_restarts)),
        window_s=duration(data, "window", base.window_s),
    )


def build_backoff(data: Data, base: Backoff, path: Path, findings: Findings) -> Backoff:
    """`backoff` over `base`."""
    backoff = Backoff(
        initial_s=duration(data, "initial", base.initial_s),
        factor=_number(data, "factor", base.factor, path, findings),
        max_s=duration(data, "max", base.max_s),
        jitter=_number(data, "jitter", base.jitter, path, findings),
    )
    if backoff.max_s < backoff.initial_s:
        blamed = "max" if "max" in data else "initial"
        findings.error(
            BACKOFF_ORDER,
            f"the longest delay ({backoff.max_s:g}s) is shorter than the first ({backoff.initial_s:g}s)",
            (*path, blamed),
            remedy="make `max` at least as long as `initial`",
        )
    return backoff


def _number(data: Data, key: str, default: float, path: Path, findings: Findings) -> float:
    value = float(data.get(key, default))
    if not math.isnan(value):  # it passes every bound of the schema
        return value
    findings.error(
        NOT_A_NUMBER, f"`{key}` must be a number", (*path, key), remedy=f"the default is {default:g}"
    )
    return default


def build_stop(data: Data, base: Stop) -> Stop:
    """`stop` over `base`."""
    return Stop(
        signal=data.get("signal", base.signal),
        grace_s=duration(data, "grace", base.grace_s),
        ok_exit=tuple(int(code) for code in data["ok_exit"]) if "ok_exit" in data else base.ok_exit,
    )


def build_resources(data: Data, base: Resources, path: Path, findings: Findings) -> Resources:
    """`resources` over `base`; an empty value takes away what `base` says."""
    memory = data.get("memory", base.memory)
    return Resources(
        cpus=_cpus(data["cpus"], (*path, "cpus"), findings) if "cpus" in data else base.cpus,
        nice=_whole(data.get("nice", base.nice)),
        memory=parse_size(memory) if isinstance(memory, str) else memory,
        nofile=_whole(data.get("nofile", base.nofile)),
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)  # 3.0 is an integer for JSON Schema


def _cpus(value: str | list[float] | None, path: Path, findings: Findings) -> tuple[int, ...] | None:
    if value is None:
        return None
    if not isinstance(value, str):
        return tuple(sorted({int(number) for number in value}))
    try:
        return parse_cpus(value)
    except ValueError as error:
        findings.error(CPU_RANGE, str(error), path, remedy="write the lower number first, as in `0-3`")
        return None


def text_mapping(value: object, path: Path, findings: Findings) -> Mapping[str, str | None]:
    """`env` and `labels`: a mapping, or a list of `NAME=value`. Numbers stay as they are written."""
    if isinstance(value, list):
        return {name: text if sep else None for name, sep, text in (item.partition("=") for item in value)}
    assert isinstance(value, dict)
    return {name: _as_text(item, (*path, name), findings) for name, item in value.items()}


def _as_text(value: object, path: Path, findings: Findings) -> str | None:
    return value if value is None or isinstance(value, str) else written(value, path, findings)


def written(value: object, path: Path, findings: Findings) -> str:
    """A number, true or false as text: the way it stands in the file, where there is one."""
    text = findings.document.written(path)  # 1.10 is the number 1.1, 010 is ten: the text is meant
    if text is not None:
        return text
    return str(value).lower() if isinstance(value, bool) else str(value)
