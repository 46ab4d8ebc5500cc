"""`@every` and `@on`: what they accept, and what is read from them."""

from __future__ import annotations

import pytest

from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.forms.marks import OnMark, every, marked, marks_of, on, period_of


def test_periods() -> None:
    for text, seconds in (("100ms", 0.1), ("1.5s", 1.5), ("2m", 120.0), (0.25, 0.25), (3, 3.0)):

        @every(text)
        def tick() -> None: ...

        assert period_of(tick) == seconds
    assert period_of(test_periods) is None


@pytest.mark.parametrize("period", ["often", "", "5", 0, -1, "0s", float("nan")])
def test_what_is_no_period(period: str | float) -> None:
    with pytest.raises(NodeError, match="@every"):
        every(period)


def test_several_topics_of_one_method() -> None:
    @on("ticks", topic="AAPL")
    @on("ticks", topic="fx.*")
    @on("orders")
    def handle() -> None: ...

    assert marks_of(handle) == (OnMark("ticks", "AAPL"), OnMark("ticks", "fx.*"), OnMark("orders", None))
    with pytest.raises(NodeError):
        on("")


def test_the_methods_of_a_class() -> None:
    class Base:
        @every("1s")
        def tick(self) -> None: ...

        @on("ticks")
        def old(self) -> None: ...

    class Derived(Base):
        def old(self) -> None: ...

        @on("ticks", topic="A")
        def new(self) -> None: ...

        def plain(self) -> None: ...

    assert [name for name, _ in marked(Derived)] == ["new", "tick"]
