"""Scalars as YAML 1.2's core schema reads them (§10.3.2), which is what editors do."""

from __future__ import annotations

import math

import pytest

from orchestrator.source.scalars import Scalar, resolve_plain, resolve_tagged


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("22:22", "22:22"),
        ("1_000", "1_000"),
        ("010", 10),
        ("-007", -7),
        ("0o10", 8),
        ("0O10", "0O10"),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("0b1", "0b1"),
        ("+12", 12),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5e3", -1500.0),
        ("1e3", 1000.0),
        ("1.10", 1.1),
        (".", "."),
        ("-", "-"),
        ("+", "+"),
        ("e3", "e3"),
        ("127.0.0.1", "127.0.0.1"),
        ("2026-01-01", "2026-01-01"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("inf", "inf"),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("nuLL", "nuLL"),
        ("", None),
        ("=", "="),
        ("٣", "٣"),  # a digit, and none of YAML's
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(text: str, value: Scalar) -> None:
    resolved = resolve_plain(text)
    assert resolved == value
    assert type(resolved) is type(value)


def test_nan_is_a_number() -> None:
    value = resolve_plain(".NaN")
    assert isinstance(value, float)
    assert math.isnan(value)


def test_a_number_of_endless_digits_stays_text() -> None:
    assert resolve_plain("9" * 5000) == "9" * 5000


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [("str", "1", "1"), ("int", "3", 3), ("float", "3", 3.0), ("bool", "true", True), ("null", "", None)],
)
def test_a_tag_of_the_core_schema_is_obeyed(tag: str, text: str, value: Scalar) -> None:
    assert resolve_tagged(f"tag:yaml.org,2002:{tag}", text) == value


@pytest.mark.parametrize(
    ("tag", "text"), [("int", "x"), ("int", "1.5"), ("bool", "yes"), ("float", "a"), ("null", "0")]
)
def test_a_tag_that_does_not_fit_is_refused(tag: str, text: str) -> None:
    with pytest.raises(ValueError, match=tag):
        resolve_tagged(f"tag:yaml.org,2002:{tag}", text)
