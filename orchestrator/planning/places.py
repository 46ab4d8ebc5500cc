"""Where every socket of every replica binds: `auto`, port ranges, paths per replica, ports that must be
known."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection
from typing import Final, TypeAlias

from orchestrator.errors import OrchestratorError, RunError
from orchestrator.model.expressions import Scope, evaluate, has_expression
from orchestrator.model.types import Address, Node, Socket, Topology
from orchestrator.planning.instances import Instance
from orchestrator.planning.reachable import reachable
from orchestrator.transport.endpoint import MAX_IPC_PATH, ParsedEndpoint, Transport, parse_endpoint

PickPort: TypeAlias = Callable[[str, str], int]
"""Finds a free tcp port on a host (`127.0.0.1`, `*`, …) for a user (`instance.socket.index`): the same user
gets the same one again, another one never."""

_AUTO: Final = "auto"


class Places:
    """The addresses of one run. `known` names the sockets (`node.socket`) whose address must be certain
    before they are bound; all others may leave a port to the system."""

    def __init__(
        self,
        topology: Topology,
        *,
        run_dir: str,
        posix: bool,
        known: Collection[str],
        pick_port: PickPort | None,
    ) -> None:
        self._topology = topology
        self._run_dir = run_dir
        self._posix = posix
        self._known = known
        self._pick_port = pick_port
        self._binds: dict[tuple[str, str], tuple[str, ...]] = {}
        self._announced: dict[tuple[str, str, int], str | None] = {}
        self._cwds: dict[str, str] = {}

    def binds(self, instance: Instance, socket: Socket) -> tuple[str, ...]:
        """The addresses that a replica's socket binds; a tcp port may still be `*`."""
        key = (instance.name, socket.name)
        found = self._binds.get(key)
        if found is None:
            found = tuple(
                self._bind(instance, socket, address, index) for index, address in enumerate(socket.binds)
            )
            self._binds[key] = found
        return found

    def announced(self, instance: str, socket: str, index: int) -> str | None:
        """Where others will find a socket whose `binds` have been asked for; None while its port is open."""
        key = (instance, socket, index)
        if key not in self._announced:
            address = self._binds[instance, socket][index]
            parsed = parse_endpoint(address)
            certain = isinstance(parsed, ParsedEndpoint) and not parsed.is_wildcard
            self._announced[key] = reachable(address) if certain else None
        return self._announced[key]

    def connect(self, instance: Instance, address: Address) -> str:
        """The address behind an entry of `connect` that names no socket."""
        return self._resolved(instance, address)

    def cwd(self, node: Node) -> str:
        """The node's working directory, absolute."""
        found = self._cwds.get(node.name)
        if found is None:
            scope = self.scope(Instance(node.name, node, 0, node.name))
            text = self._evaluated(node.cwd or "", scope, str(node.span))
            found = os.path.normpath(os.path.join(self._topology.directory, text))  # noqa: PTH118
            self._cwds[node.name] = found
        return found

    def scope(self, instance: Instance) -> Scope:
        """What expressions mean that refer to no socket."""
        return Scope(
            node=instance.node.name,
            replica=instance.replica,
            run_dir=self._run_dir,
            topology=self._topology.name,
            directory=self._topology.directory,
        )

    # ------------------------------------------------------------------ one entry of `bind`

    def _bind(self, instance: Instance, socket: Socket, address: Address, index: int) -> str:
        text = self._named(address.text)
        must_know = socket.ref in self._known
        if text == _AUTO:
            if self._posix:
                return self._own_path(instance, socket, index)
            text = "tcp://127.0.0.1:*"
        else:
            text = self._resolved(instance, address)
        parsed = parse_endpoint(text)
        if not isinstance(parsed, ParsedEndpoint):
            raise RunError(f"{address.span}: `{text}` {parsed.reason}", parsed.suggestion)
        if parsed.is_wildcard:
            return self._chosen(instance, socket, address, index, parsed) if must_know else text
        if not instance.node.numbered or "replica.index" in self._named(address.text):
            return text
        return _spread(parsed, instance.replica)

    def _own_path(self, instance: Instance, socket: Socket, index: int) -> str:
        """A path in the run's directory; names too long for sockaddr_un are hashed (unix(7): 107 bytes)."""
        name = f"{instance.name}.{socket.name}" + (f".{index}" if index else "")
        path = f"{self._run_dir}/{name}"
        if len(os.fsencode(path)) > MAX_IPC_PATH:
            digest = hashlib.blake2s(name.encode(), digest_size=8).hexdigest()
            path = f"{self._run_dir}/{digest}"
        if len(os.fsencode(path)) > MAX_IPC_PATH:
            raise RunError(
                f"no ipc path fits below {self._run_dir}: {len(os.fsencode(path))} bytes, "
                f"at most {MAX_IPC_PATH} are possible",
                "set XDG_RUNTIME_DIR to a shorter directory",
            )
        return f"ipc://{path}"

    def _chosen(
        self, instance: Instance, socket: Socket, address: Address, index: int, parsed: ParsedEndpoint
    ) -> str:
        """An address in place of a wildcard, for a socket whose address others must know beforehand."""
        if parsed.transport is Transport.IPC:
            return self._own_path(instance, socket, index)
        if self._pick_port is None:
            raise RunError(
                f"{address.span}: the port of `{socket.ref}` must be known before it is bound",
                "give it a fixed port",
            )
        port = self._pick_port(parsed.host, f"{instance.name}.{socket.name}.{index}")
        return f"{parsed.text.rpartition(':')[0]}:{port}"

    # ------------------------------------------------------------------ shared

    def _named(self, text: str) -> str:
        endpoint = self._topology.endpoints.get(text)
        return text if endpoint is None else endpoint.address

    def _resolved(self, instance: Instance, address: Address) -> str:
        """Names looked up, expressions replaced, relative ipc paths made absolute."""
        text = self._evaluated(self._named(address.text), self.scope(instance), str(address.span))
        if not text.startswith("ipc://"):
            return text
        path = text.removeprefix("ipc://")
        if not path or path.startswith(("/", "@")) or path == "*":
            return text
        return f"ipc://{os.path.normpath(os.path.join(self.cwd(instance.node), path))}"  # noqa: PTH118

    @staticmethod
    def _evaluated(text: str, scope: Scope, place: str) -> str:
        if not has_expression(text):
            return text
        try:
            return evaluate(text, scope)
        except OrchestratorError as error:
            raise RunError(f"{place}: {error.message}", error.remedy) from error


def _spread(parsed: ParsedEndpoint, replica: int) -> str:
    """One address per replica: port + i for tcp, `-i` after an ipc path; inproc names stay as they are."""
    if parsed.port is not None:
        return f"{parsed.text.rpartition(':')[0]}:{parsed.port + replica}"
    if parsed.transport is Transport.IPC:
        return f"{parsed.text}-{replica}"
    return parsed.text
