"""`ready`, `done` and `health`: what is asked, and how often."""

from __future__ import annotations

import math
import re

from orchestrator.model.codes import REGEX_SYNTAX
from orchestrator.model.commands import split_command
from orchestrator.model.parts import Data, Findings
from orchestrator.model.quantities import parse_duration
from orchestrator.model.settings import duration
from orchestrator.model.types import (
    DelayProbe,
    ExecProbe,
    FileProbe,
    Health,
    HeartbeatProbe,
    LogProbe,
    PeersProbe,
    Probe,
    ProbeKind,
    TcpProbe,
    ZmqProbe,
)
from orchestrator.vocabulary import Path


def build_probe(value: str | Data, path: Path, findings: Findings, *, timeout_s: float = 60.0) -> Probe:
    """`ready` (bounded by a minute unless it says otherwise) and `done` (pass infinity)."""
    data: Data = {"heartbeat": True} if isinstance(value, str) else value
    return Probe(
        kind=_kind(data, path, findings),
        span=findings.place(path),
        path=path,
        interval_s=duration(data, "interval", 0.1),
        timeout_s=duration(data, "timeout", timeout_s),
    )


def build_done(value: str | Data, path: Path, findings: Findings) -> Probe:
    """`done` waits as long as the node runs; `timeout` of the node bounds that."""
    return build_probe(value, path, findings, timeout_s=math.inf)


def build_health(value: str | Data, path: Path, findings: Findings) -> Health:
    """`health`, with the intervals of docker compose's healthcheck cut to what suits processes."""
    data: Data = {"heartbeat": True} if isinstance(value, str) else value
    return Health(
        kind=_kind(data, path, findings),
        span=findings.place(path),
        path=path,
        interval_s=duration(data, "interval", 10.0),
        timeout_s=duration(data, "timeout", 5.0),
        retries=int(data.get("retries", 3)),
        start_period_s=duration(data, "start_period", 0.0),
    )


def _kind(data: Data, path: Path, findings: Findings) -> ProbeKind:
    """The schema has seen to it that there is exactly one kind."""
    if "tcp" in data:
        targets = data["tcp"] if isinstance(data["tcp"], list) else [data["tcp"]]
        return TcpProbe(targets=tuple(t if isinstance(t, str) else str(int(t)) for t in targets))
    if "file" in data:
        return FileProbe(path=data["file"])
    if "log" in data:
        return LogProbe(pattern=_pattern(data["log"], (*path, "log"), findings))
    if "exec" in data:
        return ExecProbe(argv=split_command(data["exec"], (*path, "exec"), findings))
    if "zmq" in data:
        zmq = data["zmq"]
        return ZmqProbe(socket=zmq["socket"], send=zmq.get("send"), expect=zmq.get("expect"))
    if "peers" in data:
        return PeersProbe(socket=data["peers"]["socket"], count=int(data["peers"].get("count", 1)))
    if "delay" in data:
        return DelayProbe(delay_s=parse_duration(data["delay"]))
    return HeartbeatProbe()


def _pattern(pattern: str, path: Path, findings: Findings) -> str:
    try:
        re.compile(pattern)
    except re.error as problem:
        findings.error(
            REGEX_SYNTAX,
            f"this is no regular expression: {problem.msg}",
            path,
            remedy="it is Python's `re`, searched for in each line; `\\` takes a sign its meaning",
        )
    return pattern
