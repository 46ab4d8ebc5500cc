"""What `bind` and `connect` name: addresses, sockets of other nodes, endpoints.

The syntax of addresses is not judged here; only names that lead nowhere are.
"""

from __future__ import annotations

from typing import Final

from orchestrator.model.codes import UNKNOWN_ADDRESS
from orchestrator.model.parts import Findings, did_you_mean, listing, nearest
from orchestrator.model.types import Address, Socket, Topology
from orchestrator.transport.endpoint import is_address as looks_like_address

AUTO: Final = "auto"
_MANY: Final = 400
"""Above so many names, only those that begin alike are searched for the nearest."""


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
        findings.error(
            UNKNOWN_ADDRESS,
            f"`{socket.ref}` can't bind `{text}`: that is another socket, not an address",
            address.path,
            span=address.span,
            remedy=f"`connect: {text}` joins the two; to bind, write an address or `auto`",
        )
        return
    guess = nearest(text, (*topology.endpoints, AUTO))
    findings.error(
        UNKNOWN_ADDRESS,
        f"`{socket.ref}` binds `{text}`, which is no address and no endpoint",
        address.path,
        span=address.span,
        remedy=f"did you mean `{guess}`?" if guess else _BIND_REMEDY,
    )


_BIND_REMEDY = "write an address such as `tcp://127.0.0.1:5556`, a name of `endpoints`, or `auto`"


def _check_connect(socket: Socket, address: Address, topology: Topology, findings: Findings) -> None:
    text = address.text
    if text in topology.endpoints or topology.socket(text) is not None:
        return
    message, remedy = _unknown(socket, text, topology)
    findings.error(UNKNOWN_ADDRESS, message, address.path, span=address.span, remedy=remedy)


def _unknown(socket: Socket, text: str, topology: Topology) -> tuple[str, str]:
    """The fact and the remedy for a `connect` that leads nowhere."""
    node_name, dot, socket_name = text.partition(".")
    node = topology.nodes.get(node_name)
    fact = f"`{socket.ref}` connects to `{text}`"
    if text == AUTO:
        return f"{fact}, which only `bind` knows", "name the socket that binds: `node.socket`"
    if node is not None:
        if not node.sockets:
            return (
                f"{fact}, and the node `{node_name}` has no sockets",
                f"declare one under `sockets` of `{node_name}`",
            )
        known = [f"{node_name}.{name}" for name in node.sockets]
        if not dot:
            return f"{fact}, which is a node, not a socket", f"name one of its sockets: {listing(known)}"
        otherwise = f"its sockets are {listing(known)}"
        guess = nearest(socket_name, node.sockets)
        remedy = f"did you mean `{node_name}.{guess}`?" if guess else otherwise
        return f"{fact}, and the node `{node_name}` has no socket `{socket_name}`", remedy
    what = f"there is no node `{node_name}`" if dot else "it is no address, no `node.socket` and no endpoint"
    return f"{fact}, and {what}", _guess(text, topology)


def _guess(text: str, topology: Topology) -> str:
    known = [*topology.endpoints, *(socket.ref for socket in topology.sockets())]
    if len(known) > _MANY:
        known = [name for name in known if name[:1] == text[:1]]
    otherwise = "write `node.socket`, a name of `endpoints`, or an address such as `tcp://127.0.0.1:5556`"
    return did_you_mean(text, known[:_MANY], otherwise)
