"""What only the host can tell: its addresses, directories, files and programs. Looks, and changes nothing.

Pages of these findings are rules ZMQ330 to ZMQ339. They are for the host that is to run the topology.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from orchestrator.app.granted import Machine, ThisMachine, refusals
from orchestrator.app.key_check import check_keys
from orchestrator.app.library_check import HasModule, check_libraries
from orchestrator.diagnostics import Diagnostic, Related, Severity, in_order
from orchestrator.model.links import resolve
from orchestrator.model.sites import RUN_DIR, Site
from orchestrator.model.types import ForeignProgram, Hook, Message, Node, Topology
from orchestrator.span import Span
from orchestrator.transport.endpoint import HostKind, ParsedEndpoint, Transport
from orchestrator.vocabulary import CodecName, Path

NO_SUCH_ADDRESS: Final = "ZMQ330"
IPC_DIRECTORY: Final = "ZMQ331"
FILE_MISSING: Final = "ZMQ332"
PROGRAM_NOT_FOUND: Final = "ZMQ333"
TRANSPORT_NOT_HERE: Final = "ZMQ334"
NO_SUCH_PROCESSOR: Final = "ZMQ335"
NOT_GRANTED: Final = "ZMQ336"
MEMORY_BY_ADDRESS_SPACE: Final = "ZMQ337"
_FROM_THE_FILE: Final = "write the path from the topology's directory, or build it"

_SCHEMA_FILES: Final[Mapping[str, str]] = {CodecName.PROTOBUF: ".proto", CodecName.AVRO: ".avsc"}

HasTransport = Callable[[Transport], bool]


def check_host(
    topology: Topology,
    *,
    environ: Mapping[str, str] | None = None,
    has: HasTransport | None = None,
    has_module: HasModule | None = None,
    machine: Machine | None = None,
) -> tuple[Diagnostic, ...]:
    """Every finding about the topology on this host, sorted by place. Opens sockets, and connects to nothing.

    `environ` is where PATH comes from, by default the process's environment; `has` says which transports
    libzmq has, by default the installed one's word; `has_module` which libraries this Python has; `machine`
    tells what processes may be given.
    """
    looked = _Look(topology, os.environ if environ is None else environ, has or _installed)
    found = list(looked.findings())
    found += check_libraries(topology, has_module)
    if os.name == "posix":
        found += _resources(topology, machine or ThisMachine())
    return in_order(found)


def _installed(transport: Transport) -> bool:
    from orchestrator.transport.abilities import has_transport  # loads zmq

    return has_transport(transport)


class _Look:
    def __init__(self, topology: Topology, environ: Mapping[str, str], has: HasTransport) -> None:
        self._topology = topology
        self._environ = environ
        self._has = has
        self._interfaces: frozenset[str] | None = None

    def findings(self) -> Iterator[Diagnostic]:
        resolution = resolve(self._topology)
        for site in resolution.binds:
            yield from self._bind(site)
        for site in (*resolution.binds, *resolution.connects):
            yield from self._transport(site)
        for node in self._topology.nodes.values():
            yield from self._files(node)
            if isinstance(node.program, ForeignProgram):
                yield from self._program(node, node.program)
        for message in self._topology.messages.values():
            yield from self._schema_file(message)
        for index, hook in enumerate(self._topology.hooks):
            yield from self._hook(index, hook)
        yield from check_keys(self._topology, resolution)

    # ------------------------------------------------------------------ addresses

    def _bind(self, site: Site) -> Iterator[Diagnostic]:
        parsed = site.parsed
        if parsed is None:
            return
        if parsed.transport is Transport.TCP:
            why = self._unbindable(parsed)
            if why is not None:
                fact = f"`{site.socket.ref}` binds {site.text}, and {why}"
                help_ = f"write `tcp://*:{parsed.port or '*'}`, or an address of this host"
                yield _at(site, NO_SUCH_ADDRESS, Severity.ERROR, fact, help_)
        elif parsed.transport is Transport.IPC and not parsed.is_abstract and parsed.path != "*":
            why = _unusable(os.path.dirname(parsed.path))  # noqa: PTH120
            if why is not None:
                fact = f"`{site.socket.ref}` binds {site.text}, and {why}"
                help_ = "make the directory, or let the orchestrator choose: `bind: auto`"
                yield _at(site, IPC_DIRECTORY, Severity.ERROR, fact, help_)

    def _unbindable(self, parsed: ParsedEndpoint) -> str | None:
        if parsed.host_kind is HostKind.NAME:
            return self._no_interface(parsed.host)
        if parsed.host_kind not in (HostKind.IPV4, HostKind.IPV6):
            return None
        family = socket.AF_INET if parsed.host_kind is HostKind.IPV4 else socket.AF_INET6
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.bind((parsed.host, 0))  # any port: the address is what is asked for
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ENODEV):
                return f"this host has no address {parsed.host}"
        return None

    def _no_interface(self, name: str) -> str | None:
        """Names with dots are host names (ZMQ307 tells them); an alias (`eth0:1`) is not listed."""
        if not hasattr(socket, "if_nameindex") or ":" in name:
            return None
        if self._interfaces is None:
            self._interfaces = frozenset(interface for _, interface in socket.if_nameindex())
        if name in self._interfaces or ("." in name and name.rpartition(".")[2].isalpha()):
            return None
        return f"this host has no network interface `{name}`"

    def _transport(self, site: Site) -> Iterator[Diagnostic]:
        parsed = site.parsed
        if parsed is None or self._has(parsed.transport):
            return
        foreign = isinstance(self._topology.nodes[site.socket.node].program, ForeignProgram)
        fact = f"`{site.socket.ref}` needs {parsed.transport}, which the libzmq of this host does not have"
        severity = Severity.WARNING if foreign else Severity.ERROR
        yield _at(site, TRANSPORT_NOT_HERE, severity, fact, "use tcp, or build libzmq and pyzmq with it")

    # ------------------------------------------------------------------ files

    def _files(self, node: Node) -> Iterator[Diagnostic]:
        for file in node.env_files:
            if not os.path.isfile(file):  # noqa: PTH113
                fact = f"the env file `{file}` of `{node.name}` does not exist"
                yield self._missing(node, "env_file", fact, "create it, or take it out of `env_file`")
        if node.cwd is not None and "${{" not in node.cwd and not os.path.isdir(node.cwd):  # noqa: PTH112
            fact = f"the working directory `{node.cwd}` of `{node.name}` does not exist"
            yield self._missing(node, "cwd", fact, "create it, or write another `cwd`")

    def _missing(self, node: Node, key: str, fact: str, help_: str) -> Diagnostic:
        own: Path = (*node.path, key)
        is_own = self._topology.place(*own) != self._topology.place(*node.path)
        path: Path = own if is_own else ("defaults", key)
        return _finding(FILE_MISSING, Severity.ERROR, fact, self._topology.place(*path), path, help_)

    def _schema_file(self, message: Message) -> Iterator[Diagnostic]:
        schema = message.schema
        ending = _SCHEMA_FILES.get(message.codec)
        if ending is None or not isinstance(schema, str):
            return
        file = os.path.join(self._topology.directory, schema)  # noqa: PTH118
        if not schema.endswith(ending) or os.path.isfile(file):  # noqa: PTH113
            return
        users = [s for s in self._topology.sockets() if s.message == message.name]
        ours = [s for s in users if self._topology.nodes[s.node].is_python]
        path: Path = (*message.path, "schema")
        yield _finding(
            FILE_MISSING,
            Severity.ERROR if ours else Severity.WARNING,
            f"the schema `{schema}` of `{message.name}` does not exist",
            self._topology.place(*path),
            path,
            "create it, or write the path from here to it",
            tuple(Related(f"`{s.ref}` needs it", s.span) for s in ours[:1]),
        )

    # ------------------------------------------------------------------ programs

    def _program(self, node: Node, program: ForeignProgram) -> Iterator[Diagnostic]:
        name = program.argv[0] if program.argv else ""
        if not name or "${{" in name or (node.cwd is not None and "${{" in node.cwd):
            return
        told = self._not_runnable(name, node)
        if told is not None:
            yield _finding(
                PROGRAM_NOT_FOUND,
                Severity.ERROR,
                f"`{node.name}` runs `{name}`, {told[0]}",
                program.span,
                (*node.path, "command"),
                told[1],
            )

    def _hook(self, index: int, hook: Hook) -> Iterator[Diagnostic]:
        name = hook.command[0] if hook.command else ""
        if not name or "${{" in name:
            return
        told = self._not_runnable(name, None)
        if told is not None:
            path: Path = (*hook.path, "command")
            fact = f"hook {index + 1} runs `{name}`, {told[0]}"
            place = self._topology.place(*path)
            yield _finding(PROGRAM_NOT_FOUND, Severity.ERROR, fact, place, path, told[1])

    def _not_runnable(self, name: str, node: Node | None) -> tuple[str, str] | None:
        """Why a program can't be started, and what to do. `node`: whose it is; None for a hook's."""
        if "/" not in name and os.sep not in name:
            return self._not_in_path(name, node)
        file = os.path.join(self._directory(node), name)  # noqa: PTH118
        if not os.path.exists(file):  # noqa: PTH110
            return (
                f"and there is no {os.path.normpath(file)}",
                "write the path from the node's `cwd`, or build it" if node else _FROM_THE_FILE,
            )
        if os.path.isdir(file):  # noqa: PTH112
            return "which is a directory", "write the path of the program in it"
        if not os.access(file, os.X_OK):
            return "which may not be executed", f"`chmod +x {name}`, or name its interpreter in front of it"
        return None

    def _directory(self, node: Node | None) -> str:
        return (node.cwd if node else None) or self._topology.directory

    def _not_in_path(self, name: str, node: Node | None) -> tuple[str, str] | None:
        import shutil

        path = self._environ.get("PATH", os.defpath)
        path = node.env.get("PATH", path) if node else path
        if "${{" in path or shutil.which(name, path=path) is not None:
            return None
        beside = os.path.join(self._directory(node), name)  # noqa: PTH118
        if os.path.isfile(beside):  # noqa: PTH113
            whose = "the node's" if node else "the topology's"
            return "which is not in PATH", f"write `./{name}` for the file in {whose} directory"
        return "which is not in PATH", "install it, or write its path"


def _resources(topology: Topology, machine: Machine) -> Iterator[Diagnostic]:
    told: set[Path] = set()
    for node in topology.nodes.values():
        asked = node.resources
        troubles = [
            (r.key, NO_SUCH_PROCESSOR if r.key == "cpus" else NOT_GRANTED, Severity.ERROR, r.fact, r.help)
            for r in refusals(asked, machine)
        ]
        if asked.memory is not None and machine.memory_trouble is not None:
            fact = f"its address space is what is bounded: {machine.memory_trouble}"
            help_ = (
                "start it where control groups can be made: `systemd-run --user --scope -p Delegate=yes …`"
            )
            troubles.append(("memory", MEMORY_BY_ADDRESS_SPACE, Severity.WARNING, fact, help_))
        for key, code, severity, fact, help_ in troubles:
            path = _where(topology, node, key)
            if path not in told:
                told.add(path)
                message = f"`resources.{key}` of `{node.name}`: {fact}"
                yield _finding(code, severity, message, topology.place(*path), path, help_)


def _where(topology: Topology, node: Node, key: str) -> Path:
    """Where a key of `resources` is written: at the node, or in `defaults`."""
    own: Path = (*node.path, "resources", key)
    around = (topology.place(*own[:-1]), topology.place(*node.path))
    return own if topology.place(*own) not in around else ("defaults", "resources", key)


def _unusable(directory: str) -> str | None:
    """Why no socket file can be made in a directory."""
    if directory == RUN_DIR or directory.startswith(f"{RUN_DIR}/"):
        return None  # stands for a directory that is made at the start
    if not os.path.isdir(directory):  # noqa: PTH112
        return f"there is no directory {directory}"
    if not os.access(directory, os.W_OK | os.X_OK):
        return f"nothing can be made in {directory}"
    return None


def _at(site: Site, code: str, severity: Severity, fact: str, help_: str) -> Diagnostic:
    return _finding(code, severity, fact, site.span, site.address.path, help_)


def _finding(
    code: str,
    severity: Severity,
    fact: str,
    span: Span,
    path: Path,
    help_: str,
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    return Diagnostic(
        code=code, severity=severity, message=fact, span=span, path=path, help=help_, related=related
    )
