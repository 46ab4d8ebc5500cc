"""How the tools' own sockets prove who they are: with keys that their user may read, as a name that the other
end lets in."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.errors import RunError
from orchestrator.host.admission import Door
from orchestrator.host.gate import Gate
from orchestrator.live.board import LiveSocket
from orchestrator.transport import security as links
from orchestrator.transport.certificates import Pair
from orchestrator.transport.keyring import own_pair, public_key
from orchestrator.transport.sockets import Context, Socket
from orchestrator.wire.qos import Limits, Mechanism, Security

TOOLS = "tools"
"""The name that is tried first: `orchestrator keys init --also tools`, and `allow: [..., tools]`."""


def before_connect(raw: Socket, server: LiveSocket) -> None:
    """The next `connect` goes to this socket. Raises RunError without keys that can be used."""
    security = server.security
    if security is None:
        return
    if security.mechanism is Mechanism.CURVE:
        theirs = public_key(security.keys, security.name).public
        links.guard_client(raw, security, theirs, _pair(server, security))
    else:
        links.guard_client(raw, security, "")


def before_bind(context: Context, raw: Socket, socket: LiveSocket) -> Gate | None:
    """The next `bind` is in place of this socket: whoever it lets in is let in. The gate ends with the
    context. Raises RunError without keys that can be used."""
    if socket.security is None:
        return None
    gate = Gate(context, [Door(name=socket.ref, security=socket.security, limits=Limits())])
    links.guard_server(raw, socket.security, socket.ref)
    return gate


def _pair(server: LiveSocket, security: Security) -> Pair:
    """That of the tools, where there is one and it is let in; else that of the first node that is let in."""
    first: RunError | None = None
    for name in _names(security):
        try:
            return own_pair(security.keys, name)
        except RunError as error:
            first = first or error
    raise RunError(
        f"{server.ref} asks for a CURVE key, and none that it lets in can be read in {security.keys}",
        None if first is None else first.message,
    ) from first


def _names(security: Security) -> Iterable[str]:
    if security.allow is None:
        return (TOOLS, security.name)
    return [TOOLS, *security.allow] if TOOLS in security.allow else security.allow
