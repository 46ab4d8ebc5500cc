"""Params: what fits a declaration, what does not, and the schema that says the same."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Literal, Optional

import jsonschema
import pytest

from orchestrator.sdk.errors import ParamsError
from orchestrator.sdk.forms.params import build_params, convert
from orchestrator.sdk.forms.params_schema import params_schema


class Side(enum.Enum):
    BUY = "buy"
    SELL = "sell"


@dataclass
class Inner:
    port: int


@dataclass
class Everything:
    rate: float
    count: int = 0
    name: str | None = None
    symbols: list[str] = field(default_factory=list)
    pair: tuple[int, str] = (1, "x")
    limits: dict[str, float] = field(default_factory=dict)
    side: Side = Side.BUY
    mode: Literal["fast", "safe"] = "safe"
    inner: Optional[Inner] = None  # noqa: UP045 - both spellings have to work
    anything: Any = None


def test_everything_fits() -> None:
    made = build_params(
        Everything,
        {
            "rate": 1,
            "symbols": ["A"],
            "pair": [2, "y"],
            "limits": {"A": 3},
            "side": "sell",
            "mode": "fast",
            "inner": {"port": 5},
        },
    )
    assert made == Everything(
        rate=1.0, symbols=["A"], pair=(2, "y"), limits={"A": 3.0}, side=Side.SELL, mode="fast", inner=Inner(5)
    )
    assert type(made.rate) is float
    assert type(made.limits["A"]) is float


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "params.rate is missing (float)"),
        ({"rate": "fast"}, "params.rate is 'fast', expected float"),
        ({"rate": True}, "params.rate is True, expected float"),
        ({"rate": 1, "count": 1.5}, "params.count is 1.5, expected int"),
        ({"rate": 1, "symbols": ["A", 2]}, "params.symbols[1] is 2, expected str"),
        ({"rate": 1, "symbols": "A"}, "params.symbols is 'A', expected list[str]"),
        ({"rate": 1, "pair": [1]}, "params.pair is [1], expected tuple[int, str]"),
        ({"rate": 1, "limits": {"A": "x"}}, "params.limits.A is 'x', expected float"),
        ({"rate": 1, "side": "hold"}, "params.side is 'hold', expected one of 'buy', 'sell'"),
        ({"rate": 1, "mode": "slow"}, "params.mode is 'slow', expected 'fast' | 'safe'"),
        (
            {"rate": 1, "inner": {"prt": 1}},
            "params.inner.prt is not declared (did you mean port?); params.inner.port is missing (int)",
        ),
        ({"rate": 1, "nme": "x"}, "params.nme is not declared (did you mean name?)"),
        ({"rate": 1, "zzz": "x"}, "params.zzz is not declared (there are: rate, count, name"),
    ],
)
def test_what_does_not_fit_is_named(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ParamsError) as caught:
        build_params(Everything, given)
    expected = text.replace("test_params", Inner.__module__) if "Optional" in text else text
    assert caught.value.message.startswith(expected) or expected in caught.value.message


def test_all_mistakes_at_once() -> None:
    with pytest.raises(ParamsError) as caught:
        build_params(Everything, {"count": "x", "zzz": 1})
    assert caught.value.message.count(";") == 2


def test_a_validating_post_init() -> None:
    @dataclass
    class Positive:
        n: int

        def __post_init__(self) -> None:
            if self.n <= 0:
                raise ValueError("n must be positive")

    with pytest.raises(ParamsError, match="params: n must be positive"):
        build_params(Positive, {"n": 0})


def test_an_int_stays_an_int_in_a_union() -> None:
    assert type(convert(3, float | int, "x")) is int
    assert type(convert(3, float | None, "x")) is float


def test_a_class_that_is_no_dataclass() -> None:
    with pytest.raises(ParamsError, match="is no dataclass"):
        build_params(dict, {})


@pytest.mark.parametrize(
    "given",
    [
        {
            "rate": 1,
            "symbols": ["A"],
            "limits": {"A": 3},
            "side": "sell",
            "mode": "fast",
            "inner": {"port": 5},
        },
        {},
        {"rate": "fast"},
        {"rate": 1, "count": 1.5},
        {"rate": 1, "symbols": ["A", 2]},
        {"rate": 1, "limits": {"A": "x"}},
        {"rate": 1, "side": "hold"},
        {"rate": 1, "mode": "slow"},
        {"rate": 1, "inner": {"prt": 1}},
        {"rate": 1, "zzz": 1},
    ],
)
def test_the_schema_judges_as_the_declaration_does(given: dict[str, Any]) -> None:
    fits_schema = jsonschema.Draft7Validator(params_schema(Everything)).is_valid(given)
    try:
        build_params(Everything, given)
        fits = True
    except ParamsError:
        fits = False
    assert fits_schema == fits
