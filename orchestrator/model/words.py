"""The model as plain data again, in the words of the language: every key, defaults filled in.

`text` is applied to each text that may hold `${{ … }}`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from orchestrator.model.quantities import format_cpus, format_duration, format_size
from orchestrator.model.service_words import (
    contract_words,
    number,
    present,
    service_words,
    socket_security_words,
)
from orchestrator.model.types import (
    DelayProbe,
    Endpoint,
    ExecProbe,
    FileProbe,
    ForeignProgram,
    Health,
    Heartbeat,
    LogProbe,
    Logs,
    Message,
    Node,
    PeersProbe,
    Probe,
    ProbeKind,
    Program,
    PythonProgram,
    Resources,
    Restart,
    Socket,
    Stop,
    Supervision,
    TcpProbe,
    ZmqProbe,
)
from orchestrator.vocabulary import JsonValue
from orchestrator.wire.qos import OnError

Data: TypeAlias = dict[str, JsonValue]
Text: TypeAlias = Callable[[str], str]


def as_written(text: str) -> str:
    """A `text` that leaves everything as it is."""
    return text


def message_words(message: Message) -> Data:
    """An entry of `messages`."""
    return present(
        codec=str(message.codec),
        schema=message.schema,
        type=message.type,
        **contract_words(message.envelope, message.compress, message.check),
        description=message.description,
    )


def endpoint_words(endpoint: Endpoint, text: Text = as_written) -> Data:
    """An entry of `endpoints`."""
    return present(
        address=text(endpoint.address),
        type=None if endpoint.type is None else endpoint.type.value,
        external=endpoint.external,
        description=endpoint.description,
    )


def node_words(node: Node, text: Text = as_written) -> Data:
    """An entry of `nodes`. Paths are as in the model: absolute."""
    sockets = {name: socket_words(socket, text) for name, socket in node.sockets.items()}
    return _program(node.program, text) | present(
        params=within(cast("JsonValue", node.params), text) or None,
        sockets=cast("JsonValue", sockets) or None,
        replicas=node.replicas if node.numbered else None,
        min_replicas=node.min_replicas,
        expendable=node.expendable,
        essential=node.essential,
        kind=node.kind.value,
        depends_on={d.node: {"condition": d.condition.value} for d in node.depends_on} or None,
        ready=None if node.ready is None else probe_words(node.ready, text),
        done=None if node.done is None else probe_words(node.done, text),
        health=None if node.health is None else health_words(node.health, text),
        heartbeat=heartbeat_words(node.heartbeat),
        restart=restart_words(node.restart),
        on_error=None if node.on_error is OnError.FAIL else node.on_error.value,
        dead_letter=node.dead_letter,
        stop=stop_words(node.stop),
        timeout=None if node.timeout_s is None else format_duration(node.timeout_s),
        resources=resources_words(node.resources) or None,
        env={name: text(value) for name, value in node.env.items()} or None,
        env_file=list(node.env_files) or None,
        cwd=None if node.cwd is None else text(node.cwd),
        stdin=None if node.stdin is None else text(node.stdin),
        process=node.process,
        profiles=list(node.profiles) or None,
        labels=dict(node.labels) or None,
        description=node.description,
    )


def socket_words(socket: Socket, text: Text = as_written) -> Data:
    """An entry of a node's `sockets`."""
    return present(
        type=socket.type.value,
        bind=_one_or_many([text(address.text) for address in socket.binds]),
        connect=_one_or_many([text(address.text) for address in socket.connects]),
        message=socket.message,
        codec=None if socket.codec is None else str(socket.codec),
        topics=None if socket.topics is None else list(socket.topics),
        subscribe=None if socket.subscribe is None else list(socket.subscribe),
        **service_words(socket.qos),
        **socket_security_words(socket.security),
        options={name: within(value, text) for name, value in socket.options.items()} or None,
        description=socket.description,
    )


def heartbeat_words(heartbeat: Heartbeat) -> Data:
    """`heartbeat`."""
    return {
        "interval": format_duration(heartbeat.interval_s),
        "liveness": heartbeat.liveness,
        "stall": None if heartbeat.stall_s is None else format_duration(heartbeat.stall_s),
    }


def restart_words(restart: Restart) -> Data:
    """`restart`."""
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


def stop_words(stop: Stop) -> Data:
    """`stop`."""
    return {"signal": stop.signal, "grace": format_duration(stop.grace_s), "ok_exit": list(stop.ok_exit)}


def logs_words(logs: Logs) -> Data:
    """`logs`."""
    return {
        "max_size": format_size(logs.max_size),
        "max_files": logs.max_files,
        "max_age": format_duration(logs.max_age_s),
    }


def supervision_words(supervision: Supervision) -> Data:
    """`supervision`."""
    return present(
        strategy=supervision.strategy.value,
        max_restarts=supervision.max_restarts,
        window=format_duration(supervision.window_s),
        auto_shutdown=supervision.auto_shutdown.value,
    )


def resources_words(resources: Resources) -> Data:
    """`resources`: what is said of them."""
    return present(
        cpus=None if resources.cpus is None else format_cpus(resources.cpus),
        nice=resources.nice,
        memory=None if resources.memory is None else format_size(resources.memory),
        nofile=resources.nofile,
    )


def probe_words(probe: Probe, text: Text = as_written) -> Data:
    """`ready` or `done`; its timeout where it has one."""
    data = _kind(probe.kind, text)
    data["interval"] = format_duration(probe.interval_s)
    if math.isfinite(probe.timeout_s):
        data["timeout"] = format_duration(probe.timeout_s)
    return data


def health_words(health: Health, text: Text = as_written) -> Data:
    """`health`."""
    return {
        **_kind(health.kind, text),
        "interval": format_duration(health.interval_s),
        "timeout": format_duration(health.timeout_s),
        "retries": health.retries,
        "start_period": format_duration(health.start_period_s),
    }


def within(value: JsonValue, text: Text) -> JsonValue:
    """Plain data with `text` applied to each text in it, keys aside."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {key: within(item, text) for key, item in value.items()}
    return [within(item, text) for item in value] if isinstance(value, list) else value


def _program(program: Program, text: Text) -> Data:
    if isinstance(program, ForeignProgram):
        return {"command": [text(word) for word in program.argv]}
    if isinstance(program, PythonProgram):
        return {"run": program.target}
    return {"use": program.name}


def _kind(kind: ProbeKind, text: Text) -> dict[str, Any]:
    match kind:
        case TcpProbe():
            return {"tcp": _one_or_many([text(target) for target in kind.targets])}
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


def _one_or_many(texts: Sequence[str]) -> JsonValue:
    """None without any, the text itself where there is one."""
    return texts[0] if len(texts) == 1 else cast("JsonValue", list(texts)) or None
