"""Code that no module holds on its way to another process: its annotations have to mean something there.

`from __future__ import annotations` keeps them as texts, and the names in these are no part of the code that
travels. So each text that says what a node needs to know is replaced by what it means, before it leaves.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any

from orchestrator.sdk.node import Node


def settle(code: object) -> None:
    """Replace the annotations of a function, or of a class with its bases, its Params and its methods, that
    are texts. What cannot be read stays as it is."""
    if inspect.isclass(code):
        for base in code.__mro__:
            if base not in (Node, object):
                _settle_class(base)
    elif callable(code):
        _settle_function(code)


def _settle_class(owner: type) -> None:
    own = dict(vars(owner))
    module = sys.modules.get(owner.__module__)
    names = {**(vars(module) if module is not None else {}), owner.__name__: owner}
    _replace(own.get("__annotations__"), names, own)
    for value in own.values():
        if inspect.isfunction(value):
            _settle_function(value, own)
    declared = own.get("Params")
    if inspect.isclass(declared):
        _settle_class(declared)


def _settle_function(function: Any, own: Mapping[str, Any] | None = None) -> None:
    inner = inspect.unwrap(function)
    names = getattr(inner, "__globals__", None)
    if names is not None:
        _replace(getattr(inner, "__annotations__", None), names, own or {})


def _replace(notes: object, names: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    if not isinstance(notes, dict):
        return
    for name, note in notes.items():
        if isinstance(note, str):
            try:
                notes[name] = eval(note, dict(names), own)  # noqa: S307 - the user's own annotation
            except Exception:  # noqa: BLE001 - a name that is there for type checkers alone
                continue


__all__ = ["settle"]
