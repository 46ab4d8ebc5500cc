"""Whether a topology makes sense: names refer to something, keys fit their node, instances are unique."""

from __future__ import annotations

from orchestrator.diagnostics import Related
from orchestrator.model.check_expressions import check_expressions
from orchestrator.model.codes import (
    INSTANCE_COLLISION,
    MIN_REPLICAS,
    NO_NODES,
    NOT_FOR_THIS_NODE,
    NUL,
    SELF_DEPENDENCY,
    UNKNOWN_MESSAGE,
    UNKNOWN_NODE,
    UNKNOWN_SOCKET,
)
from orchestrator.model.parts import Findings, did_you_mean, listing
from orchestrator.model.references import check_addresses
from orchestrator.model.types import (
    ForeignProgram,
    Health,
    Node,
    PeersProbe,
    Probe,
    TcpProbe,
    Topology,
    ZmqProbe,
)
from orchestrator.source import KEY
from orchestrator.vocabulary import NodeKind, Path
from orchestrator.wire.qos import OnError


def check(topology: Topology, findings: Findings) -> None:
    """Add a finding for everything that can't be meant as it stands."""
    if not topology.nodes:
        path: Path = ("nodes",) if _has_nodes_key(findings) else ()
        findings.error(
            NO_NODES,
            "the topology has no nodes",
            path,
            span=findings.key(path) if path else topology.span,
            remedy="write `nodes:` and under it one `name:` per program; `orchestrator init` makes a file",
        )
    for node in topology.nodes.values():
        _check_replicas(node, findings)
        _check_kind(node, findings)
        _check_dependencies(node, topology, findings)
        _check_probes(node, findings)
        _check_messages(node, topology, findings)
        _check_errors(node, findings)
        _check_nul(node, findings)
    check_addresses(topology, findings)
    check_expressions(topology, findings)
    _check_instances(topology, findings)


def instance_names(node: Node) -> tuple[str, ...]:
    """The names of a node's replicas: `strategy-0`, `strategy-1`; without `replicas` it is the node's own."""
    if not node.numbered:
        return (node.name,)
    return tuple(f"{node.name}-{index}" for index in range(node.replicas))


def _has_nodes_key(findings: Findings) -> bool:
    data = findings.document.data
    return isinstance(data, dict) and "nodes" in data


def _check_replicas(node: Node, findings: Findings) -> None:
    if node.min_replicas is not None and node.min_replicas > node.replicas:
        findings.error(
            MIN_REPLICAS,
            f"{node.min_replicas} replicas of `{node.name}` must work, and there are {node.replicas}",
            (*node.path, "min_replicas"),
            remedy=f"raise `replicas`, or write `min_replicas: {node.replicas}` or less",
        )


def _check_kind(node: Node, findings: Findings) -> None:
    foreign = isinstance(node.program, ForeignProgram)
    if foreign and node.params:
        remedy = "give a foreign program arguments in `command`, or variables in `env`"
        _not_for(node, "params", "are for nodes with `run` or `use`", remedy, findings)
    if foreign and node.process is not None:
        remedy = "remove it; nodes with `run` or `use` can share a process"
        _not_for(node, "process", "can't be shared by a foreign program", remedy, findings)
    if node.kind is NodeKind.SERVICE:
        if node.done is not None:
            _not_for(
                node, "done", "says when a task has succeeded, and this is a service", _TASK_REMEDY, findings
            )
        if node.timeout_s is not None:
            _not_for(node, "timeout", "bounds a task, and this is a service", _TASK_REMEDY, findings)


_TASK_REMEDY = "add `kind: task`, or remove it"


def _not_for(node: Node, key: str, fact: str, remedy: str, findings: Findings) -> None:
    path: Path = (*node.path, key)
    findings.error(NOT_FOR_THIS_NODE, f"`{key}` {fact}", path, span=findings.key(path), remedy=remedy)


def _check_dependencies(node: Node, topology: Topology, findings: Findings) -> None:
    for dependency in node.depends_on:
        if dependency.node == node.name:
            findings.error(
                SELF_DEPENDENCY,
                f"`{node.name}` depends on itself",
                dependency.path,
                span=dependency.span,
                remedy="remove it; it would wait for ever",
            )
        elif dependency.node not in topology.nodes:
            findings.error(
                UNKNOWN_NODE,
                f"`{node.name}` depends on `{dependency.node}`, and there is no such node",
                dependency.path,
                span=dependency.span,
                remedy=did_you_mean(dependency.node, topology.nodes, f"nodes are {listing(topology.nodes)}"),
                fix=findings.other_name(_name_at(dependency.path), dependency.node, topology.nodes),
            )


def _name_at(path: Path) -> Path:
    """Where the name of a dependency stands: it is an item of a list, or a key."""
    return (*path, KEY) if isinstance(path[-1], str) else path


def _check_probes(node: Node, findings: Findings) -> None:
    for probe in (node.ready, node.done, node.health):
        if probe is None:
            continue
        kind = probe.kind
        if isinstance(kind, TcpProbe):
            _check_tcp_probe(node, probe, kind, findings)
        elif isinstance(kind, ZmqProbe):
            _check_socket(node, kind.socket, (*probe.path, "zmq", "socket"), findings)
        elif isinstance(kind, PeersProbe):
            _check_socket(node, kind.socket, (*probe.path, "peers", "socket"), findings)
            if isinstance(node.program, ForeignProgram):
                findings.error(
                    NOT_FOR_THIS_NODE,
                    "`peers` is known of Python nodes only",
                    (*probe.path, "peers"),
                    span=findings.key((*probe.path, "peers")),
                    remedy="ask a foreign program with `tcp`, `zmq`, `log`, `file` or `exec`",
                )


def _check_tcp_probe(node: Node, probe: Probe | Health, kind: TcpProbe, findings: Findings) -> None:
    several = len(kind.targets) > 1 or findings.document.is_list((*probe.path, "tcp"))
    for index, target in enumerate(kind.targets):
        if ":" in target or target.isdigit() or "${{" in target:
            continue
        path: Path = (*probe.path, "tcp", index) if several else (*probe.path, "tcp")
        _check_socket(node, target, path, findings)


_PROBE_REMEDY = "declare it under `sockets`, or ask at a port or `host:port`"


def _check_socket(
    node: Node, socket: str, path: Path, findings: Findings, remedy: str = _PROBE_REMEDY
) -> None:
    if socket in node.sockets:
        return
    otherwise = f"its sockets are {listing(node.sockets)}" if node.sockets else remedy
    findings.error(
        UNKNOWN_SOCKET,
        f"`{node.name}` has no socket `{socket}`",
        path,
        remedy=did_you_mean(socket, node.sockets, otherwise),
        fix=findings.other_name(path, socket, node.sockets),
    )


def _check_messages(node: Node, topology: Topology, findings: Findings) -> None:
    for socket in node.sockets.values():
        if socket.message is None or socket.message in topology.messages:
            continue
        otherwise = (
            f"messages are {listing(topology.messages)}"
            if topology.messages
            else f"declare it: `messages: {{{socket.message}: {{codec: json}}}}`"
        )
        findings.error(
            UNKNOWN_MESSAGE,
            f"the socket `{socket.ref}` carries `{socket.message}`, and there is no such message",
            (*socket.path, "message"),
            remedy=did_you_mean(socket.message, topology.messages, otherwise),
            fix=findings.other_name((*socket.path, "message"), socket.message, topology.messages),
        )


def _check_errors(node: Node, findings: Findings) -> None:
    for key, is_said in (("on_error", node.on_error is not OnError.FAIL), ("dead_letter", node.dead_letter)):
        if is_said and isinstance(node.program, ForeignProgram):
            remedy = "remove it; a foreign program deals with its errors itself"
            _not_for(node, key, "is for nodes with `run` or `use`", remedy, findings)
    if node.dead_letter is not None and node.is_python:
        _check_socket(node, node.dead_letter, (*node.path, "dead_letter"), findings, _LETTER_REMEDY)


_LETTER_REMEDY = "declare it under `sockets`, as a PUSH or PUB"


def _check_nul(node: Node, findings: Findings) -> None:
    """POSIX strings end at a NUL (execve(2)); `\\0` in double quotes makes one."""
    argv = node.program.argv if isinstance(node.program, ForeignProgram) else ()
    if any("\0" in argument for argument in argv):
        findings.error(
            NUL, "an argument can't hold a NUL character", (*node.path, "command"), remedy="remove the `\\0`"
        )
    for name, value in node.env.items():
        if "\0" in name or "\0" in value:
            findings.error(
                NUL,
                f"the variable `{name}` can't hold a NUL character",
                (*node.path, "env", name),
                remedy="remove the `\\0`",
            )
    for key, text in (("cwd", node.cwd), ("env_file", "".join(node.env_files))):
        if text is not None and "\0" in text:
            findings.error(
                NUL, "a path can't hold a NUL character", (*node.path, key), remedy="remove the `\\0`"
            )


def _check_instances(topology: Topology, findings: Findings) -> None:
    """Names of instances and shared processes are used for status, logs and restarts: they must be unique."""
    owners: dict[str, tuple[str, Node]] = {}
    for node in topology.nodes.values():
        if not node.numbered:  # plain names are unique, being keys; they go first
            owners[node.name] = ("the node", node)
    for node in topology.nodes.values():
        if not node.numbered:
            continue
        for index, name in enumerate(instance_names(node)):
            if name in owners:
                _collision(
                    f"replica {index} of `{node.name}`",
                    name,
                    owners[name],
                    node,
                    (*node.path, "replicas"),
                    findings,
                )
            else:
                owners[name] = (f"replica {index} of", node)
    for node in topology.nodes.values():
        word = node.process
        if word is not None and word in owners and owners[word][1].process != word:
            _collision(
                f"the process of `{node.name}`", word, owners[word], node, (*node.path, "process"), findings
            )


def _collision(
    what: str, name: str, owner: tuple[str, Node], node: Node, path: Path, findings: Findings
) -> None:
    role, other = owner
    label = f"{role} `{other.name}`" if other.name != name else f"the node `{name}`"
    findings.error(
        INSTANCE_COLLISION,
        f"{what} is called `{name}`, and so is {label}",
        path,
        remedy="rename one of the two",
        related=(Related(f"{label} is here", other.span),),
    )
