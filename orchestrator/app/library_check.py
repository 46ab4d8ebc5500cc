"""Whether the libraries of the codecs and compressions that Python nodes use are installed here (ZMQ339)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from orchestrator.codecs.registry import install, libraries
from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Message, Socket, Topology
from orchestrator.vocabulary import CodecName, Path

LIBRARY_MISSING: Final = "ZMQ339"

HasModule = Callable[[str], bool]


def check_libraries(topology: Topology, has: HasModule | None = None) -> Iterator[Diagnostic]:
    """One finding for each message, or socket without one, whose library is not there. Imports none of them.

    `has` says whether a module can be imported, by default by the Python that asks.
    """
    has = has or _has
    told: set[Path] = set()
    for socket in topology.sockets():
        if not topology.nodes[socket.node].is_python:
            continue
        message = topology.messages.get(socket.message) if socket.message is not None else None
        for path, what, name in _needs(socket, message):
            lacking = [module for module in _modules(name, message) if not has(module)]
            if lacking and path not in told:
                told.add(path)
                yield Diagnostic(
                    code=LIBRARY_MISSING,
                    severity=Severity.ERROR,
                    message=f"{what} needs {' and '.join(lacking)}, which this Python does not have",
                    span=topology.place(*path),
                    path=path,
                    help=install(name),
                    related=(Related(f"`{socket.ref}` needs it", socket.span),)
                    if message is not None
                    else (),
                )


def _needs(socket: Socket, message: Message | None) -> Iterator[tuple[Path, str, str]]:
    if message is None:
        if socket.codec is not None:
            yield (*socket.path, "codec"), f"the codec {socket.codec} of `{socket.ref}`", socket.codec
        return
    yield (*message.path, "codec"), f"the codec {message.codec} of `{message.name}`", message.codec
    if message.compress is not None:
        name = message.compress.codec
        yield (*message.path, "compression"), f"the compression {name} of `{message.name}`", name


def _modules(name: str, message: Message | None) -> tuple[str, ...]:
    modules = libraries(name)
    compiled = message is not None and isinstance(message.schema, str) and message.schema.endswith(".proto")
    return (*modules, "grpc_tools") if name == CodecName.PROTOBUF and compiled else modules


def _has(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package it would be in
        return False
