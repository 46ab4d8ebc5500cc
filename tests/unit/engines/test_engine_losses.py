"""A zygote may be lost now and then; one that is lost again and again is no accident."""

from __future__ import annotations

import pytest

from orchestrator.engines.losses import MOST, WINDOW_S, Losses
from orchestrator.errors import RunError


def test_one_more_than_is_an_accident_within_the_window() -> None:
    losses = Losses()
    for number in range(MOST):
        losses.note(100.0 + number)
        losses.judge()
    losses.note(100.0 + WINDOW_S)
    with pytest.raises(RunError, match=r"^it was lost 4 times within 60 s$"):
        losses.judge()


def test_those_before_the_window_do_not_count() -> None:
    losses = Losses()
    for number in range(100):
        losses.note(number * (WINDOW_S / MOST + 0.001))
        losses.judge()
