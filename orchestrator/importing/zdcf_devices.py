"""The built-in devices of zmq_device(3), and the stock nodes that do the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from orchestrator.importing.draft import Left, SocketDraft
from orchestrator.importing.names import unique
from orchestrator.source.foreign import Foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device as it stands in the file. `siblings`: how many its application has, itself included."""

    app: str
    name: str
    value: Foreign
    data: dict[str, Foreign]
    siblings: int
    process_settings: tuple[Left, ...] = ()
    """What is said about the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a device is here. Without `use` it is open."""

    sockets: tuple[SocketDraft, ...]
    use: str | None = None
    open_program: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _BuiltIn:
    use: str
    ends: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """frontend, backend -> the type of zmq_device(3), and that of the stock node."""


_DEVICES: Final[Mapping[str, _BuiltIn]] = {
    "zmq_queue": _BuiltIn(
        use="queue", ends={"frontend": ("ROUTER", "ROUTER"), "backend": ("DEALER", "DEALER")}
    ),
    "zmq_forwarder": _BuiltIn(
        use="forwarder", ends={"frontend": ("SUB", "XSUB"), "backend": ("PUB", "XPUB")}
    ),
    "zmq_streamer": _BuiltIn(
        use="streamer", ends={"frontend": ("PULL", "PULL"), "backend": ("PUSH", "PUSH")}
    ),
}


def built_in(kind: str | None, sockets: Sequence[SocketDraft]) -> Found:
    """What a device of the type `kind` with these sockets is."""
    device = _DEVICES.get((kind or "").lower())
    unnamed = _names_apart(sockets)
    if device is None:
        what = f"ZDCF names the device type `{kind}`" if kind else "ZDCF names no device type"
        return Found(
            sockets=unnamed,
            open_program=f"`run: module:name` or `command: […]`. {what}, not the program that is one.",
        )
    placed = _placed(device, sockets)
    if placed is None:
        wanted = " and ".join(f"{end} {types[0]}" for end, types in device.ends.items())
        return Found(
            sockets=unnamed,
            open_program=(
                f"`use: {device.use}`, or another program. The source says {kind}, but its sockets are not "
                f"those of that device (zmq_device(3): {wanted})."
            ),
        )
    return Found(sockets=tuple(_fitted(device, end, socket) for end, socket in placed), use=device.use)


def _names_apart(sockets: Sequence[SocketDraft]) -> tuple[SocketDraft, ...]:
    found: list[SocketDraft] = []
    for socket in sockets:
        found.append(replace(socket, name=unique(socket.name, [other.name for other in found])))
    return tuple(found)


def _placed(device: _BuiltIn, sockets: Sequence[SocketDraft]) -> list[tuple[str, SocketDraft]] | None:
    """Which socket is which end: by its name, else by its type. None where that does not come out."""
    placed: dict[str, SocketDraft] = {}
    for socket in sockets:
        fits = [end for end, types in device.ends.items() if socket.type in types]
        end = socket.name if socket.name in device.ends else fits[0] if fits else None
        if end is None or end in placed or (socket.type is not None and end not in fits):
            return None
        placed[end] = socket
    return [(end, placed[end]) for end in device.ends] if len(placed) == len(device.ends) else None


def _fitted(device: _BuiltIn, end: str, socket: SocketDraft) -> SocketDraft:
    """The socket as the stock node has it, with a note on every change."""
    documented, stock = device.ends[end]
    notes = list(socket.notes)
    if socket.name != end:
        notes.append(f"`{socket.name}` in the source; the stock node calls it {end}.")
    if socket.type is None:
        notes.append(f"ZDCF does not say the type; zmq_device(3) does: {documented}.")
    if stock not in (documented, socket.type):
        notes.append(f"{socket.type or documented} in the source; the stock node passes subscriptions on.")
    if socket.subscribe and stock == "XSUB":
        wanted = ", ".join(f'"{topic}"' for topic in socket.subscribe)
        notes.append(f"subscribe {wanted}: dropped, since what subscribers ask for is what is passed on.")
        socket = replace(socket, subscribe=())
    options = dict(socket.options)
    return replace(socket, name=end, type=stock, options=options, notes=tuple(notes))
