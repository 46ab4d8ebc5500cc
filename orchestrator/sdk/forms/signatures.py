"""What parameters a function has, and whether it is a generator or a coroutine function.

Read from the code object, because every node process pays for it at its start; whatever is no plain function
is left to `inspect`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import FunctionType, MethodType
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function."""

    name: str
    positional: bool
    """Can be given by position."""
    keyword: bool
    """Can be given by name."""
    required: bool
    annotation: Any = None


@dataclass(frozen=True, slots=True)
class Signature:
    """All parameters; `any_positional` and `any_keyword` for `*args` and `**kwargs`."""

    parameters: tuple[Parameter, ...]
    any_positional: bool = False
    any_keyword: bool = False
    generates: bool = False
    is_async: bool = False

    @property
    def required_positional(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if p.positional and p.required)


def signature_of(function: Callable[..., Any]) -> Signature:
    """The parameters that a caller can give. Raises TypeError or ValueError where they cannot be told."""
    if type(function) is MethodType and type(function.__func__) is FunctionType:
        if _is_plain(function.__func__):
            full = _from_code(function.__func__)
            return replace(full, parameters=full.parameters[1:])
    elif type(function) is FunctionType and _is_plain(function):
        return _from_code(function)
    return _from_inspect(function)


def _is_plain(function: FunctionType) -> bool:
    return not hasattr(function, "__wrapped__") and not hasattr(function, "__signature__")


def _from_code(function: FunctionType) -> Signature:
    code = function.__code__
    names = code.co_varnames
    positional, only_keyword = code.co_argcount, code.co_kwonlyargcount
    defaulted = positional - len(function.__defaults__ or ())
    given = function.__kwdefaults__ or {}
    notes = function.__annotations__
    parameters = [
        Parameter(
            names[i],
            positional=True,
            keyword=i >= code.co_posonlyargcount,
            required=i < defaulted,
            annotation=notes.get(names[i]),
        )
        for i in range(positional)
    ]
    parameters += [
        Parameter(
            name, positional=False, keyword=True, required=name not in given, annotation=notes.get(name)
        )
        for name in names[positional : positional + only_keyword]
    ]
    return Signature(
        tuple(parameters),
        any_positional=bool(code.co_flags & inspect.CO_VARARGS),
        any_keyword=bool(code.co_flags & inspect.CO_VARKEYWORDS),
        generates=bool(code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR)),
        is_async=bool(code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR)),
    )


def _from_inspect(function: Callable[..., Any]) -> Signature:
    found = list(inspect.signature(function).parameters.values())
    inner = _innermost(function)
    return Signature(
        tuple(
            Parameter(
                p.name,
                positional=p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD),
                keyword=p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY),
                required=p.default is p.empty,
                annotation=p.annotation,
            )
            for p in found
            if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        ),
        any_positional=any(p.kind is p.VAR_POSITIONAL for p in found),
        any_keyword=any(p.kind is p.VAR_KEYWORD for p in found),
        generates=inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner),
        is_async=inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner),
    )


def _innermost(function: Callable[..., Any]) -> Callable[..., Any]:
    """What runs when `function` is called, as far as it tells whether that is a generator or a coroutine."""
    while isinstance(function, functools.partial):
        function = function.func
    if not inspect.isroutine(function) and not inspect.isclass(function):
        return type(function).__call__  # an object with __call__
    return function
