"""Sockets: what `nodes.NAME.sockets` says."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.model.parts import Data, Findings
from orchestrator.model.service import build_service, build_socket_security
from orchestrator.model.types import Address, Socket
from orchestrator.transport.option_names import canonical
from orchestrator.vocabulary import OptionValue, Path, SocketType, codec_word


def build_socket(
    node: str, name: str, data: Data, path: Path, options: Mapping[str, OptionValue], findings: Findings
) -> Socket:
    """One socket; `options` are those of `defaults`."""
    topics, subscribe = data.get("topics"), data.get("subscribe")
    return Socket(
        node=node,
        name=name,
        type=SocketType(data["type"]),
        span=findings.key(path),
        path=path,
        binds=_addresses(data, "bind", path, findings),
        connects=_addresses(data, "connect", path, findings),
        message=data.get("message"),
        codec=codec_word(data["codec"]) if "codec" in data else None,
        topics=None if topics is None else as_tuple(topics),
        subscribe=None if subscribe is None else as_tuple(subscribe),
        options=_merged(options, own_options(data), SocketType(data["type"])),
        qos=build_service(data, path, findings),
        security=build_socket_security(data),
        description=data.get("description"),
    )


def _merged(
    defaults: Mapping[str, OptionValue], own: Mapping[str, OptionValue], socket_type: SocketType
) -> Mapping[str, OptionValue]:
    """Own options over those of `defaults`, of which a socket takes what means something for its type.

    libzmq would refuse the others (`router_mandatory` on a PUB is EINVAL). Unknown names stay, to be found.
    """
    if not defaults:
        return own
    from orchestrator.transport.options import means_something  # its table is not loaded for nothing

    written = {canonical(name) for name in own}
    taken = {
        name: value
        for name, value in defaults.items()
        if canonical(name) not in written and means_something(name, socket_type)
    }
    return {**taken, **own}


def own_options(data: Data) -> dict[str, OptionValue]:
    """The options that a block names itself, without keys of the user's own."""
    return {name: value for name, value in data.get("options", {}).items() if not name.startswith("x-")}


def as_tuple(value: str | list[str]) -> tuple[str, ...]:
    """A string or a list of strings, as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


def _addresses(data: Data, key: str, path: Path, findings: Findings) -> tuple[Address, ...]:
    value = data.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        where: Path = (*path, key)
        return (Address(text=value, span=findings.place(where), path=where),)
    places = [(*path, key, index) for index in range(len(value))]
    return tuple(
        Address(text=text, span=findings.place(where), path=where)
        for text, where in zip(value, places, strict=True)
    )
