"""The sockets that a class declares (`ticks: In[Tick]`), and whether the topology gives it those."""

from __future__ import annotations

import difflib
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.forms.typed import KINDS, Answer, Ask, In, Out
from orchestrator.vocabulary import SocketType

_LOOKS_LIKE_ONE: Final = re.compile(r"(?:^|[\s.|\[])(In|Out|Ask|Answer|InOut)\b")
_ASKS: Final = (SocketType.REQ, SocketType.DEALER)
_ANSWERS: Final = (SocketType.REP, SocketType.ROUTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One declared socket."""

    name: str
    """As a Python word: `order_book` for a socket `order-book`."""
    kind: str
    """`In`, `Out`, `Ask`, `Answer`, `InOut`."""
    receives: Any = None
    """The type of what comes in; None where nothing does, Any where it is not said."""
    sends: Any = None
    optional: bool = False
    """`In[Tick] | None`: the topology need not have it."""


def declarations_of(owner: type) -> dict[str, Declaration]:
    """What a class and its bases declare. Raises NodeError for an annotation of a socket that cannot be
    read."""
    found: dict[str, Declaration] = {}
    for base in reversed(owner.__mro__):
        if "__annotations__" not in base.__dict__ and "__annotate_func__" not in base.__dict__:
            continue
        for name, note in _annotations(base).items():
            hint = read_hint(note, base)
            declared = None if hint is None else declaration(name, hint)
            if declared is not None:
                if isinstance(getattr(owner, name, None), property):
                    raise NodeError(
                        f"{base.__qualname__} declares a socket {name}, which is something of every node",
                        f"reach it as self.sockets.{name}, without a declaration",
                    )
                found[name] = declared
            else:
                found.pop(name, None)
    return found


def _annotations(base: type) -> Mapping[str, Any]:
    try:
        return inspect.get_annotations(base)
    except NameError as error:  # from 3.14 on annotations are evaluated when they are read (PEP 649)
        raise NodeError(
            f"{base.__qualname__}: an annotation cannot be read: {error}",
            "import the name at the top of the module, not under TYPE_CHECKING",
        ) from error


def read_hint(note: Any, owner: type) -> Any:
    """An annotation as it is meant; None for one that cannot be read and is no socket. Raises NodeError."""
    if not isinstance(note, str):
        return note
    if not _LOOKS_LIKE_ONE.search(note):
        return None  # any other attribute: its annotation is not ours to judge
    module = sys.modules.get(owner.__module__)
    names = {**(vars(module) if module is not None else {}), owner.__name__: owner}
    try:
        return eval(note, names, dict(vars(owner)))  # noqa: S307 - an annotation of the user's own class
    except Exception as error:
        raise NodeError(
            f"{owner.__qualname__}: the annotation `{note}` cannot be read: {type(error).__name__}: {error}",
            "import or define its names at the top of the module, not under TYPE_CHECKING or in a function",
        ) from error


def declaration(name: str, hint: Any) -> Declaration | None:
    """What an annotation declares; None when it is no socket."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        others = [a for a in arguments if a is not type(None)]
        inner = declaration(name, others[0]) if len(others) == 1 else None
        if inner is None:
            return None
        return Declaration(
            name=name, kind=inner.kind, receives=inner.receives, sends=inner.sends, optional=True
        )
    kind = hint if origin is None else origin
    if not isinstance(kind, type) or kind not in KINDS:
        return None
    given = arguments or (Any, Any)
    match kind:
        case _ if kind is In:
            return Declaration(name=name, kind="In", receives=given[0])
        case _ if kind is Out:
            return Declaration(name=name, kind="Out", sends=given[0])
        case _ if kind is Ask:
            return Declaration(name=name, kind="Ask", sends=given[0], receives=given[1])
        case _ if kind is Answer:
            return Declaration(name=name, kind="Answer", receives=given[0], sends=given[1])
        case _:
            return Declaration(name=name, kind="InOut", receives=given[0], sends=given[1])


def misfits(who: str, declared: Mapping[str, Declaration], given: Mapping[str, SocketType]) -> list[str]:
    """What is wrong between the declarations of a class and the its node's sockets, by their Python words."""
    wrong = []
    for name, one in declared.items():
        socket_type = given.get(name)
        if socket_type is None:
            if not one.optional:
                wrong.append(_missing(who, name, given))
        elif not _FITS[one.kind](socket_type):
            wrong.append(
                f"{who} declares {name} as {one.kind}, and the topology makes it a {socket_type}, "
                f"which {_does(socket_type)}"
            )
    return wrong


def _missing(who: str, name: str, given: Mapping[str, SocketType]) -> str:
    near = difflib.get_close_matches(name, given, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(given) or 'none'}"
    return f"{who} declares a socket {name}, and the topology gives it none of that name ({hint})"


_FITS: Final[Mapping[str, Callable[[SocketType], bool]]] = {
    "In": lambda t: t.receives and t is not SocketType.REQ,
    "Out": lambda t: t.sends and t not in (SocketType.REP, SocketType.ROUTER),
    "Ask": lambda t: t in _ASKS,
    "Answer": lambda t: t in _ANSWERS,
    "InOut": lambda t: t.sends and t.receives,
}


def _does(socket_type: SocketType) -> str:
    if socket_type in (SocketType.REQ, SocketType.REP):
        return "asks and waits for the reply" if socket_type is SocketType.REQ else "only answers"
    match socket_type.sends, socket_type.receives:
        case True, False:
            return "only sends"
        case False, True:
            return "only receives"
        case _:
            return "does both"


__all__ = ["Declaration", "declaration", "declarations_of", "misfits", "read_hint"]
