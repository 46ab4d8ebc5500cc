"""What a Params dataclass says of itself: each param with its type, default and description.

A description is, whichever is there first: `field(metadata={"description": …})`, a text in `Annotated[int,
"…"]`, or a docstring below the field. Nothing here is loaded by a node that runs.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import itertools
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.sdk.forms.params import describe


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamInfo:
    """One param, in words."""

    name: str
    type: str
    """As its author wrote it: `float`, `list[str]`, `'fast' | 'safe'`."""
    required: bool
    default: str | None
    """As Python writes it; None where there is none."""
    description: str


def describe_params(declared: type) -> list[ParamInfo]:
    """Every param of a Params dataclass, in its order. Raises NameError for an annotation that cannot be
    read."""
    hints = typing.get_type_hints(declared)
    told = descriptions(declared)
    return [
        ParamInfo(
            name=f.name,
            type=describe(hints[f.name]),
            required=f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING,
            default=_default(f),
            description=told.get(f.name, ""),
        )
        for f in dataclasses.fields(declared)
        if f.init
    ]


def descriptions(declared: type) -> dict[str, str]:
    """The descriptions of those fields that have one."""
    noted = typing.get_type_hints(declared, include_extras=True)
    found, without = {}, []
    for f in dataclasses.fields(declared):
        told = f.metadata.get("description") or _annotated(noted.get(f.name))
        if isinstance(told, str):
            found[f.name] = told
        else:
            without.append(f.name)
    if without:
        written = _docstrings(declared)
        found.update((name, written[name]) for name in without if name in written)
    return found


def _annotated(hint: Any) -> str | None:
    if typing.get_origin(hint) is not typing.Annotated:
        return None
    for note in typing.get_args(hint)[1:]:
        text = note if isinstance(note, str) else getattr(note, "documentation", None)  # PEP 727's Doc
        if isinstance(text, str):
            return text
    return None


@functools.cache
def _docstrings(declared: type) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for base in reversed(declared.__mro__):
        if dataclasses.is_dataclass(base):
            found.update(texts_below(base))
    return found


def texts_below(base: type) -> Iterator[tuple[str, str]]:
    """The docstrings below the annotated names of a class; nothing where its source is not there (made in a
    shell, or frozen)."""
    import ast  # the catalogue of stock nodes is read by every check, and needs none of these
    import inspect
    import textwrap

    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
    except (OSError, TypeError, SyntaxError):
        return
    body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
    for field, text in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            yield field.target.id, " ".join(inspect.cleandoc(text.value.value).split())


def _default(field: dataclasses.Field[Any]) -> str | None:
    if field.default is not dataclasses.MISSING:
        return _written(field.default)
    if field.default_factory is not dataclasses.MISSING:
        try:
            return _written(field.default_factory())
        except Exception:  # noqa: BLE001 - the user's own factory; a description must not fail over it
            return "…"
    return None


def _written(value: object) -> str:
    return repr(value.value) if isinstance(value, enum.Enum) else repr(value)
