"""The environment of a unit: its files, its own variables, and what the orchestrator tells every program."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from orchestrator.errors import RunError
from orchestrator.model.types import Node, Topology
from orchestrator.planning.expand import Expander
from orchestrator.planning.instances import Instance

ReadText: TypeAlias = Callable[[str], str]
"""Reads a text file as UTF-8. Raises OSError or UnicodeDecodeError."""

_NOT_ALNUM: Final = re.compile(r"[^A-Z0-9]")


class Environments:
    """Layers: `env_file` in order, then `env`, then ORCHESTRATOR_*. Each file is read once."""

    def __init__(
        self, topology: Topology, *, run_dir: str, environ: Mapping[str, str], read: ReadText
    ) -> None:
        self._topology = topology
        self._run_dir = run_dir
        self._environ = environ
        self._read = read
        self._files: dict[str, Mapping[str, str]] = {}

    def of(
        self, instance: Instance, expander: Expander, addresses: Mapping[str, Sequence[str]]
    ) -> dict[str, str]:
        """What is added for an instance. `addresses`: socket -> addresses, told to foreign programs."""
        node = instance.node
        env: dict[str, str] = {}
        for file in node.env_files:
            env.update(self._file(file, node))
        env.update(expander.mapping(node.env, node.span))
        env["ORCHESTRATOR_NODE"] = node.name
        env["ORCHESTRATOR_REPLICA"] = str(instance.replica)
        env["ORCHESTRATOR_RUN_DIR"] = self._run_dir
        env["ORCHESTRATOR_TOPOLOGY"] = self._topology.name
        if not node.is_python:
            if "PYTHONUNBUFFERED" not in self._environ:
                env.setdefault("PYTHONUNBUFFERED", "1")
            for socket, known in addresses.items():
                if known:
                    env[socket_variable(socket)] = ",".join(known)
            if self._topology.security is not None or any(s.security for s in node.sockets.values()):
                from orchestrator.model.securing import keys_directory

                env["ORCHESTRATOR_KEYS"] = keys_directory(self._topology)
        return env

    def _file(self, file: str, node: Node) -> Mapping[str, str]:
        known = self._files.get(file)
        if known is None:
            known = self._files[file] = self._parsed(file, node)
        return known

    def _parsed(self, file: str, node: Node) -> Mapping[str, str]:
        from orchestrator.source.dotenv import parse_dotenv

        place = self._topology.place("nodes", node.name, "env_file")
        try:
            text = self._read(file)
        except FileNotFoundError as error:
            raise RunError(
                f"{place}: the env file `{file}` of `{node.name}` does not exist",
                "create it, or take it out of `env_file`",
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise RunError(
                f"{place}: the env file `{file}` of `{node.name}` cannot be read: {why}"
            ) from error
        found = parse_dotenv(text, file)
        if found.diagnostics:
            first = found.diagnostics[0]
            raise RunError(f"{first.span}: {first.message}", first.help)
        return found.values


def socket_variable(socket: str) -> str:
    """The variable that holds a socket's addresses: `order-flow` -> `ORCHESTRATOR_SOCKET_ORDER_FLOW`."""
    return f"ORCHESTRATOR_SOCKET_{_NOT_ALNUM.sub('_', socket.upper())}"
