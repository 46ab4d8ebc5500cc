"""A socket of ZDCF and its options, which are those of libzmq 2.x, in the words of libzmq 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.importing.draft import Left, Origin, SocketDraft
from orchestrator.importing.errors import wrong
from orchestrator.importing.names import socket_name
from orchestrator.importing.texts import literal
from orchestrator.importing.zdcf_values import kind, mapping, number_of, text_of, texts_of
from orchestrator.source.foreign import Foreign
from orchestrator.transport.options import OPTIONS, canonical
from orchestrator.transport.options_table import Option, ValueKind
from orchestrator.vocabulary import OptionValue, SocketType

_OLDER: Final[Mapping[str, str]] = {
    "XREQ": "DEALER", "XREP": "ROUTER", "UPSTREAM": "PULL", "DOWNSTREAM": "PUSH",
}  # fmt: skip
"""Names that zmq.h of libzmq 2.x has for the same types."""

_GONE: Final[Mapping[str, str]] = {
    "swap": "libzmq dropped ZMQ_SWAP in 3.0: what exceeds the high-water mark is not kept on disk",
    "mcast_loop": "libzmq dropped ZMQ_MCAST_LOOP in 3.0",
}
_NO_OPTION: Final = "libzmq has no such option"
_WANTS_TYPE: Final = "ZDCF does not say this socket's type."


def read_socket(name: str, value: Foreign, where: str, file: str) -> SocketDraft:
    """A socket of the device `where`. Raises SourceError for a type that does not exist, or a wrong value."""
    what = f"{where}.{name}"
    data = dict(mapping(value, what, file))
    type_ = _type(data.pop("type", None), what, file)
    bind = _addresses(data.pop("bind", None), f"the bind of {what}", file)
    connect = _addresses(data.pop("connect", None), f"the connect of {what}", file)
    reading = _Options(type_, what, file)
    for key, option in mapping(data.pop("option", Foreign({}, 1, 1)), f"the option of {what}", file).items():
        reading.take(key, option)
    reading.left += [Left(key, value, "RFC 17 does not describe it") for key, value in data.items()]
    return SocketDraft(
        name=socket_name(name),
        type=type_,
        bind=bind,
        connect=connect,
        subscribe=reading.subscribe,
        options=reading.options,
        notes=tuple(reading.notes),
        open_type=_WANTS_TYPE,
        left=tuple(reading.left),
        origin=Origin(file, value.begins),
    )


def _type(value: Foreign | None, what: str, file: str) -> str | None:
    if value is None:
        return None
    text = text_of(value, f"the type of {what}", file).upper().removeprefix("ZMQ_")
    text = _OLDER.get(text, text)
    if text not in SocketType.__members__:
        known = ", ".join(SocketType)
        raise wrong(file, value, f"`{value.data}` is no socket type", f"the types are {known}")
    return text


def _addresses(value: Foreign | None, what: str, file: str) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(literal(text) for text in texts_of(value, what, file) if text)


class _Options:
    """Takes one option after the other."""

    def __init__(self, type_: str | None, what: str, file: str) -> None:
        self._type = None if type_ is None else SocketType(type_)
        self._what = what
        self._file = file
        self.options: dict[str, OptionValue] = {}
        self.subscribe: tuple[str, ...] = ()
        self.notes: list[str] = []
        self.left: list[Left] = []

    def take(self, name: str, value: Foreign) -> None:
        what = f"the option {name} of {self._what}"
        if name == "subscribe":
            self.subscribe = tuple(literal(text) for text in texts_of(value, what, self._file))
        elif name == "hwm":
            self._high_water_mark(number_of(value, what, self._file))
        elif name == "recovery_ivl":
            self.options[name] = number_of(value, what, self._file) * 1000
            self.notes.append("recovery_ivl: seconds in libzmq 2.x, milliseconds since 3.0.")
        elif name in ("sndbuf", "rcvbuf") and number_of(value, what, self._file) == 0:
            self.notes.append(f"{name}: 0 left it to the system in libzmq 2.x, as saying nothing does now.")
        elif name in _GONE or canonical(name) not in OPTIONS:
            self.left.append(Left(f"option.{name}", value, _GONE.get(name, _NO_OPTION)))
        else:
            self.options[canonical(name)] = self._value(OPTIONS[canonical(name)], value, what)

    def _high_water_mark(self, number: int) -> None:
        """One mark for both ways in libzmq 2.x; one for each since 3.0."""
        if self._type is None or self._type.sends or self._type is SocketType.XSUB:
            self.options["sndhwm"] = number
        if self._type is None or self._type.receives or self._type is SocketType.XPUB:
            self.options["rcvhwm"] = number
        self.notes.append("hwm: libzmq has one for each direction since 3.0, sndhwm and rcvhwm.")

    def _value(self, option: Option, value: Foreign, what: str) -> OptionValue:
        if option.kind is ValueKind.INT:
            return number_of(value, what, self._file)
        if option.kind is ValueKind.BOOL:
            word = {"1": True, "true": True, "0": False, "false": False}.get(str(value.data).lower())
            if word is None or isinstance(value.data, dict | list):
                remedy = "write true or false"
                raise wrong(self._file, value, f"{what} is {kind(value)}, neither true nor false", remedy)
            return word
        return literal(text_of(value, what, self._file))
