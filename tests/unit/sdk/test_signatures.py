"""Reading a code object must tell the same as inspect."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.sdk.forms import signatures
from orchestrator.sdk.forms.signatures import signature_of


class Owner:
    def method(self, a: int, b: str = "x", *, c: float) -> None: ...

    async def waits(self, a: int) -> None: ...


def everything(a: int, /, b: str, c: float = 1.0, *args: int, d: int, e: int = 2, **kwargs: int) -> None: ...


def generates(a: int) -> Any:
    yield a


async def waits() -> None: ...


async def streams() -> Any:
    yield 1


CASES: list[Callable[..., Any]] = [
    everything,
    generates,
    waits,
    streams,
    lambda: None,
    lambda x, y=1: x,
    Owner().method,
]


@pytest.mark.parametrize("function", [*CASES, Owner().waits], ids=lambda f: f.__qualname__)
def test_the_short_way_and_the_long_way_agree(function: Callable[..., Any]) -> None:
    def without_notes(found: signatures.Signature) -> list[tuple[Any, ...]]:
        return [(p.name, p.positional, p.keyword, p.required) for p in found.parameters]

    short, long = signature_of(function), signatures._from_inspect(function)
    assert without_notes(short) == without_notes(long)
    assert (short.any_positional, short.any_keyword) == (long.any_positional, long.any_keyword)
    assert (short.generates, short.is_async) == (long.generates, long.is_async)


def test_a_decorated_function_shows_what_it_wraps() -> None:
    @functools.wraps(generates)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return generates(*args, **kwargs)

    assert [p.name for p in signature_of(wrapper).parameters] == ["a"]


def test_a_partial() -> None:
    found = signature_of(functools.partial(generates, a=1))
    assert found.generates
    assert found.required_positional == ()
