"""Nodes: what `nodes.NAME` says, over what `defaults` says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from orchestrator.model.commands import split_command
from orchestrator.model.parts import Data, Findings
from orchestrator.model.probes import build_done, build_health, build_probe
from orchestrator.model.quantities import parse_duration
from orchestrator.model.settings import (
    DEFAULT_HEARTBEAT,
    DEFAULT_RESOURCES,
    DEFAULT_RESTART,
    DEFAULT_STOP,
    build_heartbeat,
    build_resources,
    build_restart,
    build_stop,
    text_mapping,
)
from orchestrator.model.sockets import as_tuple, build_socket, own_options
from orchestrator.model.types import (
    Dependency,
    ForeignProgram,
    Heartbeat,
    Node,
    Program,
    PythonProgram,
    Resources,
    Restart,
    StockProgram,
    Stop,
)
from orchestrator.vocabulary import Condition, NodeKind, OptionValue, Path
from orchestrator.wire.qos import OnError

Functions = Mapping[str, Callable[..., object] | type]
"""node name -> what runs, for topologies built in code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What `defaults` gives to every node and socket."""

    heartbeat: Heartbeat = DEFAULT_HEARTBEAT
    restart: Restart = DEFAULT_RESTART
    stop: Stop = DEFAULT_STOP
    resources: Resources = DEFAULT_RESOURCES
    env: Mapping[str, str] = field(default_factory=dict)
    env_files: tuple[str, ...] = ()
    cwd: str | None = None
    options: Mapping[str, OptionValue] = field(default_factory=dict)


def build_defaults(data: Data, findings: Findings) -> Defaults:
    """Read the `defaults` block."""
    path: Path = ("defaults",)
    base = Defaults()
    return Defaults(
        heartbeat=build_heartbeat(data["heartbeat"], base.heartbeat)
        if "heartbeat" in data
        else base.heartbeat,
        restart=build_restart(data["restart"], base.restart, (*path, "restart"), findings)
        if "restart" in data
        else base.restart,
        stop=build_stop(data["stop"], base.stop) if "stop" in data else base.stop,
        resources=_resources(data, base.resources, path, findings),
        env=_env(data, {}, path, findings),
        env_files=_env_files(data, (), path, findings),
        cwd=_cwd(data, None, path, findings),
        options=own_options(data),
    )


def build_node(name: str, data: Data, defaults: Defaults, functions: Functions, findings: Findings) -> Node:
    """One node with every default filled in."""
    path: Path = ("nodes", name)
    options = defaults.options
    sockets = {
        socket: build_socket(name, socket, value, (*path, "sockets", socket), options, findings)
        for socket, value in data.get("sockets", {}).items()
    }
    return Node(
        name=name,
        program=_program(name, data, path, functions, findings),
        span=findings.key(path),
        path=path,
        params=data.get("params", {}),
        sockets=sockets,
        replicas=int(data.get("replicas", 1)),  # 3.0 is an integer for JSON Schema
        has_replicas="replicas" in data,
        min_replicas=int(data["min_replicas"]) if "min_replicas" in data else None,
        expendable=data.get("expendable", False),
        essential=data.get("essential", False),
        kind=NodeKind(data.get("kind", "service")),
        depends_on=_dependencies(data, path, findings),
        ready=build_probe(data["ready"], (*path, "ready"), findings) if "ready" in data else None,
        done=build_done(data["done"], (*path, "done"), findings) if "done" in data else None,
        health=build_health(data["health"], (*path, "health"), findings) if "health" in data else None,
        heartbeat=build_heartbeat(data["heartbeat"], defaults.heartbeat)
        if "heartbeat" in data
        else defaults.heartbeat,
        restart=build_restart(data["restart"], defaults.restart, (*path, "restart"), findings)
        if "restart" in data
        else defaults.restart,
        stop=build_stop(data["stop"], defaults.stop) if "stop" in data else defaults.stop,
        on_error=OnError(data.get("on_error", OnError.FAIL)),
        dead_letter=data.get("dead_letter"),
        timeout_s=parse_duration(data["timeout"]) if "timeout" in data else None,
        resources=_resources(data, defaults.resources, path, findings),
        env=_env(data, defaults.env, path, findings),
        env_files=_env_files(data, defaults.env_files, path, findings),
        cwd=_cwd(data, defaults.cwd, path, findings),
        stdin=data.get("stdin"),
        process=data.get("process"),
        profiles=tuple(data.get("profiles", ())),
        labels={k: v or "" for k, v in text_mapping(data["labels"], (*path, "labels"), findings).items()}
        if "labels" in data
        else {},
        description=data.get("description"),
    )


def _program(name: str, data: Data, path: Path, functions: Functions, findings: Findings) -> Program:
    """The schema has seen to it that there is exactly one of the three."""
    if "command" in data:
        where = (*path, "command")
        return ForeignProgram(
            argv=split_command(data["command"], where, findings), span=findings.place(where)
        )
    if "use" in data:
        return StockProgram(name=data["use"], span=findings.place((*path, "use")))
    function = functions.get(name)
    target = data["run"] if function is None else _callable_name(function)
    return PythonProgram(target=target, span=findings.place((*path, "run")), function=function)


def _callable_name(function: Callable[..., object] | type) -> str:
    name: str = getattr(function, "__name__", type(function).__name__)
    return f"<{name.strip('<>')}>"


def _resources(data: Data, base: Resources, path: Path, findings: Findings) -> Resources:
    if "resources" not in data:
        return base
    return build_resources(data["resources"], base, (*path, "resources"), findings)


def _dependencies(data: Data, path: Path, findings: Findings) -> tuple[Dependency, ...]:
    value = data.get("depends_on")
    if value is None:
        return ()
    path = (*path, "depends_on")
    if isinstance(value, dict):
        return tuple(
            Dependency(
                node=node,
                condition=Condition(_condition(wanted)),
                span=findings.key((*path, node)),
                path=(*path, node),
            )
            for node, wanted in value.items()
        )
    return tuple(
        Dependency(
            node=node, condition=Condition.READY, span=findings.place((*path, index)), path=(*path, index)
        )
        for index, node in enumerate(as_tuple(value))
    )


def _condition(wanted: str | Data | None) -> str:
    if isinstance(wanted, str):
        return wanted
    return str((wanted or {}).get("condition", "ready"))


def _env(data: Data, base: Mapping[str, str], path: Path, findings: Findings) -> Mapping[str, str]:
    """Own variables over those of `defaults`; an empty value (null) takes one of `defaults` away."""
    if "env" not in data:
        return base
    merged = {**base, **text_mapping(data["env"], (*path, "env"), findings)}
    return {name: value for name, value in merged.items() if value is not None}


def _env_files(data: Data, base: tuple[str, ...], path: Path, findings: Findings) -> tuple[str, ...]:
    if "env_file" not in data:
        return base
    directory = findings.document.directory_of(path)
    return tuple(os.path.join(directory, file) for file in as_tuple(data["env_file"]))  # noqa: PTH118


def _cwd(data: Data, base: str | None, path: Path, findings: Findings) -> str | None:
    if "cwd" not in data:
        return base
    cwd: str = data["cwd"]
    if cwd.startswith("${{"):  # `${{ run.dir }}` is absolute
        return cwd
    return os.path.normpath(os.path.join(findings.document.directory_of(path), os.path.expanduser(cwd)))  # noqa: PTH111, PTH118
