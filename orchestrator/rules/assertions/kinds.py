"""The fields that an expression can name, and what kind of value each has: read off the typed model.

Places, functions and what begins with an underscore are no fields.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from orchestrator.model.probe_types import Probe
from orchestrator.model.securities import Securing
from orchestrator.model.types import Endpoint, Link, Message, Node, Socket, Topology
from orchestrator.span import Span
from orchestrator.vocabulary import Path
from orchestrator.wire.qos import QoS

_MODELS: Final = frozenset(kind.__module__ for kind in (Node, Probe, Securing, QoS))
"""Where the classes are that a topology is made of."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text; with `choices`, one of these words."""

    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number or a fraction."""


@dataclass(frozen=True, slots=True)
class Truth:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything that JSON knows: what the user's file alone decides, such as `params`."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    of: Kind


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping from the user's names."""

    of: Kind


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the model with fields; of several classes where there are several forms of it."""

    classes: tuple[type, ...]


Kind = Text | Number | Truth | Unknown | Items | Named | Block
"""Every value may be null as well, and what is looked up in null is null."""

SUBJECTS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "nodes": {"node": Block((Node,))},
    "sockets": {"socket": Block((Socket,)), "node": Block((Node,))},
    "links": {"link": Block((Link,))},
    "endpoints": {"endpoint": Block((Endpoint,))},
    "messages": {"message": Block((Message,))},
    "topology": {},
}
"""`select` -> the names that its expressions know, beside `topology`. The first is the one selected."""

TOPOLOGY: Final = "topology"
_MORE: Final[Mapping[type, Mapping[str, Kind]]] = {Node: {"is_python": Truth()}, Socket: {"ref": Text()}}
"""Properties that are fields too."""
_SIMPLE: Final[Mapping[Any, Kind]] = {str: Text(), int: Number(), float: Number(), bool: Truth()}


def names(select: str) -> dict[str, Kind]:
    """The names that expressions of a policy with this `select` know."""
    return {**SUBJECTS[select], TOPOLOGY: Block((Topology,))}


@cache
def fields_of(block: Block) -> Mapping[str, Kind]:
    """Field -> kind. Of a part that has several forms, those of all of them."""
    found: dict[str, Kind] = {}
    for owner in block.classes:
        hints = get_type_hints(owner)
        for field in fields(owner):
            kind = None if field.name.startswith("_") else _kind(hints[field.name])
            if kind is not None:
                found.setdefault(field.name, kind)
        found |= _MORE.get(owner, {})
    return found


def _kind(hint: Any) -> Kind | None:
    """The kind behind a type hint; None for what expressions have no business with."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if hint == Path:
        return None
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Text(tuple(member.value for member in hint))
    if isinstance(hint, type) and hint.__module__ in _MODELS:
        return Block((hint,))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and arguments[1:] == (...,):
        inner = _kind(arguments[0])
        return None if inner is None else Items(inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        inner = _kind(arguments[1])
        return None if inner is None else Named(inner)
    if origin in (types.UnionType, Union):
        return _one_of([argument for argument in arguments if argument is not type(None)])
    return None


def _one_of(hints: list[Any]) -> Kind | None:
    if Span in hints:
        return None
    if len(hints) == 1:
        return _kind(hints[0])
    kinds = [_kind(hint) for hint in hints]
    if all(isinstance(kind, Block) for kind in kinds):
        return Block(tuple(owner for kind in kinds if isinstance(kind, Block) for owner in kind.classes))
    return Unknown() if all(hint in _SIMPLE or get_origin(hint) in (list, dict) for hint in hints) else None


def words(kind: Kind) -> str:
    """A kind in a sentence."""
    match kind:
        case Text():
            return "text"
        case Number():
            return "a number"
        case Truth():
            return "true or false"
        case Items():
            return "a list"
        case Named():
            return "a mapping"
        case Block():
            return "a block"
        case Unknown():
            return "whatever the file says"
