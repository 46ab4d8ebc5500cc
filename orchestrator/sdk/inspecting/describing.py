"""A node's page, made from its code: what it is, its params, its sockets, its timers. In Markdown."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from orchestrator.durations import format_duration
from orchestrator.sdk.catalogue import catalogue
from orchestrator.sdk.conversion import described
from orchestrator.sdk.errors import NodeError, TargetError
from orchestrator.sdk.forms.declared import Declaration, declarations_of
from orchestrator.sdk.forms.marks import marked, marks_of, period_of
from orchestrator.sdk.forms.params_doc import describe_params, texts_below
from orchestrator.sdk.forms.signatures import signature_of
from orchestrator.sdk.node import Node
from orchestrator.sdk.resolve import resolve

STOCK = "stock:"


def node_page(word: str, directory: str) -> str:
    """The page of `module:name` or `stock:NAME`. Imports it; modules beside `directory` are found.

    Raises TargetError and NodeError.
    """
    if not word.startswith(STOCK):
        return _page(word, resolve(word, directory), {})
    from orchestrator.sdk.catalogue import find_node

    name = word.removeprefix(STOCK)
    target = find_node(name)
    sockets = {key: info.description for key, info in catalogue()[name].sockets.items()}
    return _page(f"use: {name}", target, sockets)


def _page(title: str, target: object, sockets: Mapping[str, str]) -> str:
    if inspect.isclass(target) and issubclass(target, Node):
        parts = _of_class(target, sockets)
    elif callable(target) and not inspect.isclass(target):
        parts = _of_function(target)
    else:
        raise TargetError(f"{title} is no class that derives from Node, and no function")
    about = inspect.getdoc(target) or ""
    return "\n\n".join(part for part in (f"# {title}", about, *parts) if part) + "\n"


def _of_class(target: type[Node], sockets: Mapping[str, str]) -> Iterator[str]:
    declared = getattr(target, "Params", None)
    if declared is not None:
        try:
            rows = [
                (p.name, p.type, "required" if p.required else p.default or "", p.description)
                for p in describe_params(declared)
            ]
        except (NameError, TypeError) as error:
            raise NodeError(f"the params of {target.__qualname__} cannot be read: {error}") from error
        yield _table("Params", ("param", "type", "default", "meaning"), rows)
    yield _table("Sockets", ("socket", "declared as", "handled by", "meaning"), _sockets(target, sockets))
    timers = [(name, period_of(function)) for name, function in marked(target)]
    called = [
        (name, f"every {format_duration(p)}", _first_line(getattr(target, name))) for name, p in timers if p
    ]
    yield _table("Timers", ("method", "called", "meaning"), called)


def _sockets(target: type[Node], known: Mapping[str, str]) -> list[tuple[str, ...]]:
    declared = declarations_of(target)
    told = {
        name: text
        for base in reversed(target.__mro__)
        if base.__module__ != "builtins" and base is not Node
        for name, text in texts_below(base)
    }
    handlers: dict[str, list[str]] = {}
    for name in dir(target):
        if name.startswith("on_") and callable(getattr(target, name)):
            handlers.setdefault(name.removeprefix("on_"), []).append(name)
    for name, function in marked(target):
        for mark in marks_of(function):
            topic = "" if mark.topic is None else f" (topic `{mark.topic}`)"
            handlers.setdefault(mark.socket.replace("-", "_"), []).append(name + topic)
    names = dict.fromkeys((*declared, *known, *handlers))
    return [
        (
            name,
            _declared(declared[name]) if name in declared else "",
            ", ".join(handlers.get(name, ())),
            told.get(name) or known.get(name, ""),
        )
        for name in names
    ]


def _declared(one: Declaration) -> str:
    types = {
        "In": (one.receives,),
        "Out": (one.sends,),
        "Ask": (one.sends, one.receives),
        "Answer": (one.receives, one.sends),
        "InOut": (one.receives, one.sends),
    }[one.kind]
    return f"{one.kind}[{', '.join(map(described, types))}]" + (" or none" if one.optional else "")


def _of_function(target: Any) -> Iterator[str]:
    notes = inspect.get_annotations(target) if inspect.isfunction(target) else {}
    defaults = {
        name: p.default
        for name, p in inspect.signature(target).parameters.items()
        if p.default is not inspect.Parameter.empty
    }
    rows = [
        (
            p.name,
            _note(notes.get(p.name)),
            "" if p.name not in defaults else repr(defaults[p.name]),
        )
        for p in signature_of(target).parameters
    ]
    yield _table("Arguments: params, sockets, the message", ("argument", "type", "default"), rows)
    period = period_of(target)
    if period is not None:
        yield f"Called every {format_duration(period)}."


def _note(note: object) -> str:
    return "" if note is None else note if isinstance(note, str) else described(note)


def _first_line(value: object) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]


def _table(heading: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Nothing for no rows; columns that are empty in all of them are left out."""
    body = list(rows)
    if not body:
        return ""
    kept = [i for i in range(len(head)) if any(row[i] for row in body)]
    lines = [[head[i] for i in kept], ["---"] * len(kept)]
    lines += [[_cell(head[i], row[i]) for i in kept] for row in body]
    return f"## {heading}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(head: str, text: str) -> str:
    text = text.replace("|", "\\|").replace("\n", " ")
    code = head in ("param", "type", "default", "socket", "declared as", "method", "argument")
    return f"`{text}`" if code and text and text != "required" else text


__all__ = ["node_page"]
