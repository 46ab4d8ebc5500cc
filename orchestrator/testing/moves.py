"""Which address takes the place of which, the same for all ends. Values only; ports come from outside."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

from orchestrator.transport.endpoint import (
    MAX_IPC_PATH,
    HostKind,
    ParsedEndpoint,
    Transport,
    parse_endpoint,
)
from orchestrator.transport.reach import LOCAL_HOSTS, Reach, reach

_LOOPBACK: Final = "127.0.0.1"
_WITH_PORT: Final = (Transport.TCP, Transport.WS, Transport.WSS)
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Moves:
    """Old addresses and their new ones. Tell all binds first: a connect goes where its binder went."""

    def __init__(self, run_dir: str, pick_port: Callable[[], int], keep: Collection[str] = ()) -> None:
        self.new: dict[str, str] = {}
        """Old address, as it stood in the plan -> new address."""
        self.ports: dict[int, int] = {}
        """Old port of this machine -> new port."""
        self.paths: dict[str, str] = {}
        """Old ipc path -> new path."""
        self._run_dir = run_dir
        self._pick_port = pick_port
        self._keep = frozenset(keep)
        self._binds: list[tuple[ParsedEndpoint, str]] = []
        self._known: dict[tuple[str, int], str] = {}

    def bind(self, address: str, *, host_stays: bool = False) -> str:
        """Where a bind goes; `host_stays` where only its port can be told to the program that binds it."""
        parsed = self._movable(address)
        if parsed is None:
            return self.new.get(address, address)
        if parsed.transport is Transport.IPC:
            return self._move_path(address, parsed)
        host = parsed.host if host_stays and not _is_plain(parsed) else _LOOPBACK
        moved = self._move_port(address, parsed, host, local=True)
        self._binds.append((parsed, moved))
        return moved

    def connect(self, address: str) -> str:
        """Where a connect goes: to its binder, or to where a stand-in for what is outside can bind."""
        parsed = self._movable(address)
        if parsed is None:
            return self.new.get(address, address)
        if parsed.transport is Transport.IPC:
            return self._move_path(address, parsed)
        met = next((moved for bind, moved in self._binds if reach(parsed, bind) is Reach.YES), None)
        if met is not None:
            self.new[address] = met
            return met
        return self._move_port(address, parsed, _LOOPBACK, local=parsed.host_kind in LOCAL_HOSTS)

    def port(self, port: int) -> int:
        """Where a port of this machine goes that belongs to no socket: a probe's."""
        if port not in self.ports:
            self.ports[port] = self._pick_port()
        return self.ports[port]

    # ------------------------------------------------------------------ one address

    def _movable(self, address: str) -> ParsedEndpoint | None:
        """An address that has to be moved and has not been yet."""
        parsed = parse_endpoint(address)
        if address in self._keep or address in self.new or not isinstance(parsed, ParsedEndpoint):
            return None
        if parsed.is_wildcard:
            return None
        if parsed.transport in _WITH_PORT:
            return parsed
        inside = parsed.path.startswith(f"{self._run_dir}/")
        return parsed if parsed.transport is Transport.IPC and not inside else None

    def _move_port(self, address: str, parsed: ParsedEndpoint, host: str, *, local: bool) -> str:
        assert parsed.port is not None
        shown = f"[{host}]" if ":" in host else host
        known = (_LOOPBACK if _is_plain(parsed) else parsed.host.lower(), parsed.port)
        if known not in self._known:
            new = self.port(parsed.port) if local and parsed.port not in self.ports else self._pick_port()
            self._known[known] = f"{shown}:{new}"
        moved = self.new[address] = f"{parsed.transport}://{self._known[known]}{parsed.path}"
        return moved

    def _move_path(self, address: str, parsed: ParsedEndpoint) -> str:
        if parsed.path not in self.paths:
            self.paths[parsed.path] = self._path(parsed.path)
        moved = self.new[address] = f"ipc://{self.paths[parsed.path]}"
        return moved

    def _path(self, old: str) -> str:
        """A path in the run's directory, by its old name as far as that fits."""
        digest = hashlib.blake2s(os.fsencode(old), digest_size=4).hexdigest()
        name = _UNFIT.sub("-", old.rpartition("/")[2].removeprefix("@"))
        path = f"{self._run_dir}/{digest}.{name}"
        return path if len(os.fsencode(path)) <= MAX_IPC_PATH else f"{self._run_dir}/{digest}"


def _is_plain(parsed: ParsedEndpoint) -> bool:
    """Whether 127.0.0.1 reaches what is bound there."""
    return parsed.host_kind is HostKind.WILDCARD or parsed.host.lower() in (_LOOPBACK, "localhost", "lo")


class Words:
    """Old addresses, paths and ports within texts that a program is given: arguments, environment, params."""

    def __init__(self, moves: Moves) -> None:
        words = {**moves.new, **_hosts_and_ports(moves.new), **moves.paths}
        words.update({str(old): str(new) for old, new in moves.ports.items()})
        self._new: Mapping[str, str] = words
        longest_first = sorted(words, key=lambda word: (-len(word), word))
        alternatives = "|".join(re.escape(word) for word in longest_first)
        # a word begins behind what cannot belong to it, or right behind a short option: -p5555
        self._pattern = re.compile(
            rf"(?:(?<![\w./@])|(?<=\s-[A-Za-z])|(?<=^-[A-Za-z]))(?:{alternatives})(?![\w-]|\.\w)"
        )

    def replaced(self, text: str) -> str:
        """The text with every whole word replaced that has a new one."""
        if not self._new:
            return text
        return self._pattern.sub(lambda found: self._new[found[0]], text)


def _hosts_and_ports(new: Mapping[str, str]) -> dict[str, str]:
    """`host:port` of every address that has them: `127.0.0.1:5555`, as probes and arguments have it."""
    found = {}
    for old, moved in new.items():
        scheme, _, rest = old.partition("://")
        if scheme == "tcp":
            found[rest] = moved.partition("://")[2]
    return found
