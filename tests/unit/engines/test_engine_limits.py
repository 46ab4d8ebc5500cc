"""How many open files a run needs, asked before anything starts."""

from __future__ import annotations

import resource

import pytest

from orchestrator.engines import limits
from orchestrator.errors import RunError


@pytest.fixture
def hard(monkeypatch: pytest.MonkeyPatch):
    def allow(hard: int) -> None:
        monkeypatch.setattr(resource, "getrlimit", lambda _: (20, hard))

    return allow


@pytest.mark.parametrize(
    ("python", "foreign", "allowed"),
    [(1, 0, 48), (30, 3, 161), (0, 100, 332), (10_000, 10_000, resource.RLIM_INFINITY)],
)
def test_enough_is_enough(hard, python: int, foreign: int, allowed: int) -> None:
    hard(allowed)
    limits.require(python, foreign)


@pytest.mark.parametrize(
    ("python", "foreign", "allowed", "told"),
    [
        (1, 0, 47, "1 process needs about 48 open files, and no more than 47 are allowed"),
        (30, 3, 64, "33 processes need about 161 open files, and no more than 64 are allowed"),
    ],
)
def test_too_few_are_told_before_libzmq_aborts(
    hard, python: int, foreign: int, allowed: int, told: str
) -> None:
    hard(allowed)
    with pytest.raises(RunError) as caught:
        limits.require(python, foreign)
    assert caught.value.message == told
