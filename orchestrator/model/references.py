"""What `bind` and `connect` name: addresses, sockets of other nodes, endpoints.

The syntax of addresses is not judged here; only names that lead nowhere are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from orchestrator.model.codes import UNKNOWN_ADDRESS
from orchestrator.model.parts import Findings, listing, nearest
from orchestrator.model.types import Address, Socket, Topology
from orchestrator.transport.endpoint import is_address as looks_like_address

AUTO: Final = "auto"
_MANY: Final = 400
"""Above so many names, only those that begin alike are searched for the nearest."""
_GUESSES: Final = 100
"""So many nearest names are searched for in one file: each takes 4 ms among 400."""


def is_address(text: str) -> bool:
    """Whether an entry of `bind` or `connect` is an address, as opposed to a name or `auto`."""
    return looks_like_address(text) or "${{" in text


def check_addresses(topology: Topology, findings: Findings) -> None:
    """A finding for every name in `bind` and `connect` that leads nowhere."""
    for socket in topology.sockets():
        for address in socket.binds:
            if not is_address(address.text) and address.text != AUTO:
                _check_bind(socket, address, topology, findings)
        for address in socket.connects:
            if not is_address(address.text):
                _check_connect(socket, address, topology, findings)


def _check_bind(socket: Socket, address: Address, topology: Topology, findings: Findings) -> None:
    text = address.text
    if text in topology.endpoints:
        return
    if topology.socket(text) is not None:
        message = f"`{socket.ref}` can't bind `{text}`: that is another socket, not an address"
        remedy = f"`connect: {text}` joins the two; to bind, write an address or `auto`"
        _report(address, message, None, remedy, findings)
        return
    message = f"`{socket.ref}` binds `{text}`, which is no address and no endpoint"
    known = (*topology.endpoints, AUTO)
    _report(address, message, nearest(text, known), _BIND_REMEDY, findings, known)


_BIND_REMEDY = "write an address such as `tcp://127.0.0.1:5556`, a name of `endpoints`, or `auto`"


def _report(
    address: Address,
    message: str,
    guess: str | None,
    otherwise: str,
    findings: Findings,
    known: Collection[str] = (),
) -> None:
    """Add a finding whose remedy is the guess, if there is one. `known`: what was to be guessed from."""
    remedy = f"did you mean `{guess}`?" if guess else otherwise
    findings.meant[address.path] = guess
    fix = findings.guessed(address.path, address.text, guess, known) if guess else None
    findings.error(UNKNOWN_ADDRESS, message, address.path, span=address.span, remedy=remedy, fix=fix)


def _check_connect(socket: Socket, address: Address, topology: Topology, findings: Findings) -> None:
    text = address.text
    if text in topology.endpoints or topology.socket(text) is not None:
        return
    fact = f"`{socket.ref}` connects to `{text}`"
    node_name, dot, socket_name = text.partition(".")
    node = topology.nodes.get(node_name)
    if text == AUTO:
        otherwise = "name the socket that binds: `node.socket`"
        _report(address, f"{fact}, which only `bind` knows", None, otherwise, findings)
    elif node is None:
        lost = (
            f"there is no node `{node_name}`" if dot else "it is no address, no `node.socket` and no endpoint"
        )
        near_names = _near_names(text, topology) if len(findings.meant) < _GUESSES else []
        guess = nearest(text, near_names)
        _report(address, f"{fact}, and {lost}", guess, _CONNECT_REMEDY, findings, near_names)
    elif not node.sockets:
        otherwise = f"declare one under `sockets` of `{node_name}`"
        _report(address, f"{fact}, and the node `{node_name}` has no sockets", None, otherwise, findings)
    elif not dot:
        known = [f"{node_name}.{name}" for name in node.sockets]
        guess = known[0] if len(known) == 1 else None
        otherwise = f"name one of its sockets: {listing(known)}"
        _report(address, f"{fact}, which is a node, not a socket", guess, otherwise, findings)
    else:
        near = nearest(socket_name, node.sockets)
        guess = f"{node_name}.{near}" if near else None
        known = [f"{node_name}.{name}" for name in node.sockets]
        message = f"{fact}, and the node `{node_name}` has no socket `{socket_name}`"
        _report(address, message, guess, f"its sockets are {listing(known)}", findings, known)


_CONNECT_REMEDY = "write `node.socket`, a name of `endpoints`, or an address such as `tcp://127.0.0.1:5556`"


def _near_names(text: str, topology: Topology) -> list[str]:
    known = [*topology.endpoints, *(socket.ref for socket in topology.sockets())]
    if len(known) > _MANY:
        known = [name for name in known if name[:1] == text[:1]]
    return known[:_MANY]
