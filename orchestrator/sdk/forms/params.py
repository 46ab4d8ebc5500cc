"""A node's params, checked against the dataclass that declares them.

No library, because every node process loads it.
"""

from __future__ import annotations

import dataclasses
import difflib
import enum
import types
import typing
from collections.abc import Mapping
from typing import Any

from orchestrator.sdk.errors import ParamsError


def build_params(declared: type, given: Mapping[str, Any], where: str = "params") -> Any:
    """An instance of the dataclass `declared` with the values of `given`.

    Raises ParamsError naming every mistake.
    """
    if not dataclasses.is_dataclass(declared):
        raise ParamsError(f"{declared.__qualname__} is no dataclass", "write @dataclass above class Params")
    fields = {f.name: f for f in dataclasses.fields(declared) if f.init}
    problems = [_unknown(name, where, list(fields)) for name in given if name not in fields]
    try:
        hints = typing.get_type_hints(declared)
    except (NameError, TypeError) as error:
        raise ParamsError(f"{declared.__qualname__}: an annotation cannot be read: {error}") from error
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in given:
            try:
                values[name] = convert(given[name], hints[name], f"{where}.{name}")
            except ParamsError as error:
                problems.append(error.message)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            problems.append(f"{where}.{name} is missing ({describe(hints[name])})")
    if problems:
        raise ParamsError("; ".join(problems))
    try:
        return declared(**values)
    except (TypeError, ValueError) as error:  # the user's own __post_init__ refuses the values
        raise ParamsError(f"{where}: {error}") from error


def convert(value: Any, hint: Any, where: str) -> Any:
    """`value` as the annotation `hint` wants it: an int fits float, a list fits tuple. Raises ParamsError."""
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if hint is Any or isinstance(hint, typing.TypeVar):
        return value
    if origin is typing.Annotated:
        return convert(value, arguments[0], where)
    if origin in (typing.Union, types.UnionType):
        return _convert_union(value, arguments, hint, where)
    if origin is typing.Literal:
        if value in arguments:
            return value
        raise _wrong(value, hint, where)
    if origin is not None:
        return _convert_container(value, origin, arguments, hint, where)
    return _convert_plain(value, hint, where)


_PLAIN = (int, float, str, bool, list, dict, tuple, set, frozenset, type(None), None, Any, object)


def is_plain(hint: Any) -> bool:
    """Whether every value of a type can be made of what a topology holds, so that another is a mistake."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return is_plain(arguments[0])
    if origin is typing.Literal:
        return True
    if origin is not None and origin in (typing.Union, types.UnionType, *_PLAIN):
        return all(a is Ellipsis or is_plain(a) for a in arguments)
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or issubclass(hint, enum.Enum)):
        return True
    return any(hint is one for one in _PLAIN)


def _convert_plain(value: Any, hint: Any, where: str) -> Any:
    if hint is None or hint is type(None):
        if value is None:
            return None
    elif hint is float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    elif hint is int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif hint is tuple:
        if isinstance(value, (list, tuple)):
            return tuple(value)
    elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
        if isinstance(value, Mapping):
            return build_params(hint, value, where)
    elif isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _convert_enum(value, hint, where)
    elif isinstance(hint, type):
        if isinstance(value, hint):
            return value
    else:
        return value  # an annotation of another kind (a Protocol, a NewType): nothing that could be checked
    raise _wrong(value, hint, where)


def _convert_union(value: Any, arguments: tuple[Any, ...], hint: Any, where: str) -> Any:
    others = [a for a in arguments if a is not type(None)]
    if value is not None and len(others) == 1 and dataclasses.is_dataclass(others[0]):
        return convert(value, others[0], where)  # says which of its fields is wrong
    for option in sorted(arguments, key=lambda a: a is float):  # 3 given for `float | int` stays an int
        try:
            return convert(value, option, where)
        except ParamsError:
            continue
    raise _wrong(value, hint, where)


def _convert_container(value: Any, origin: Any, arguments: tuple[Any, ...], hint: Any, where: str) -> Any:
    if not isinstance(origin, type):
        return value
    if issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise _wrong(value, hint, where)
        _, inner = arguments
        return {k: convert(v, inner, f"{where}.{k}") for k, v in value.items()}
    if not isinstance(value, (list, tuple)):
        raise _wrong(value, hint, where)
    if issubclass(origin, tuple) and arguments[-1] is not Ellipsis:
        if len(value) != len(arguments):
            raise _wrong(value, hint, where)
        return tuple(
            convert(v, a, f"{where}[{i}]") for i, (v, a) in enumerate(zip(value, arguments, strict=True))
        )
    items = [convert(v, arguments[0], f"{where}[{i}]") for i, v in enumerate(value)]
    return origin(items) if origin in (tuple, set, frozenset) else items


def _convert_enum(value: Any, hint: type[enum.Enum], where: str) -> enum.Enum:
    for member in hint:
        if value in (member.value, member.name):
            return member
    raise ParamsError(f"{where} is {value!r}, expected one of {', '.join(repr(m.value) for m in hint)}")


def _unknown(name: str, where: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"{where}.{name} is not declared (did you mean {near[0]}?)"
    return f"{where}.{name} is not declared (there are: {', '.join(known) or 'none'})"


def _wrong(value: Any, hint: Any, where: str) -> ParamsError:
    return ParamsError(f"{where} is {value!r}, expected {describe(hint)}")


def describe(hint: Any) -> str:
    """A type as its author writes it: `float`, `list[str]`, `'fast' | 'safe'`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is type(None):
        return "None"
    if origin is typing.Annotated:
        return describe(arguments[0])
    if origin is typing.Literal:
        return " | ".join(map(repr, arguments))
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(describe, arguments))
    if isinstance(hint, type) and issubclass(hint, enum.Enum) and not arguments:
        return " | ".join(repr(m.value) for m in hint)
    if isinstance(origin, type) and arguments:
        inner = ", ".join("…" if a is Ellipsis else describe(a) for a in arguments)
        return f"{origin.__name__}[{inner}]"
    if isinstance(hint, type) and not typing.get_args(hint):
        return hint.__name__
    return str(hint).replace("typing.", "")
