"""A node's last word comes before its end."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.runtime import parting
from orchestrator.runtime.parting import Parting
from orchestrator.supervision.events import Event, Exited, FailureCause, FailureReported


def end(code: int | None = 1) -> Exited:
    return Exited(unit="a", pid=7, code=code, signal=None if code is not None else 9, last_lines=())


def word(attempt: int = 1) -> FailureReported:
    return FailureReported(
        unit="a", instance="a", attempt=attempt, cause=FailureCause.IMPORT, reason="no module", permanent=True
    )


def run(*steps: Event, speaks: bool = True, until: int | None = None) -> list[Event]:
    async def main() -> list[Event]:
        fed: list[Event] = []
        it = Parting(fed.append)
        for step in steps:
            if isinstance(step, Exited):
                it.exited(step, 1, speaks=speaks)
            else:
                it.heard(step)
        async with asyncio.timeout(20):
            while until is not None and len(fed) < until:
                await asyncio.sleep(0.001)
        it.close()
        return fed

    return asyncio.run(main())


def test_an_end_that_is_seen_first_waits_for_the_word() -> None:
    assert run(end()) == []
    assert run(end(), word()) == run(word(), end()) == [word(), end()]


def test_an_end_without_a_word_is_told_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parting, "_PATIENCE_S", 0.01)
    assert run(end(), until=1) == [end()]
    assert run(word(2), end(), until=2) == [word(2), end()]


@pytest.mark.parametrize("code", [0, 3, None])
def test_others_have_nothing_to_say(code: int | None) -> None:
    assert run(end(code)) == [end(code)]


def test_nor_have_foreign_programs() -> None:
    assert run(end(), speaks=False) == [end()]


def test_after_the_close_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[Event]:
        fed: list[Event] = []
        it = Parting(fed.append)
        monkeypatch.setattr(parting, "_PATIENCE_S", 0.0)
        it.exited(end(), 1, speaks=True)
        it.close()
        for _ in range(10):
            await asyncio.sleep(0)
        return fed

    assert asyncio.run(main()) == []
