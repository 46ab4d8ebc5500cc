"""Durations and sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.quantities import format_cpus, format_size, parse_cpus, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("1.5s", 1.5),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("1d", 86400.0),
        ("1h30m", 5400.0),
        ("0s", 0.0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "-1s", "1s ", "1S", "1.s", "1s\n", "1min"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512", 512),
        ("512B", 512),
        ("64KiB", 65536),
        ("10MB", 10_000_000),
        ("1.5GiB", 1610612736),
        ("1kB", 1000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "KiB", "1 KiB", "-1", "1kib", "1PB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="no size"):
        parse_size(text)


@given(st.sets(st.integers(0, 200), min_size=1))
def test_a_set_of_processors_is_read_back(cpus: set[int]) -> None:
    assert parse_cpus(format_cpus(cpus)) == tuple(sorted(cpus))


@given(st.integers(0, 2**50))
def test_a_size_is_read_back(size: int) -> None:
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [(512 << 20, "512MiB"), (10**6, "1MB"), (1, "1B"), (0, "0B"), (2**10 * 10**3, "1000KiB")],
)
def test_sizes_are_written_as_people_do(size: int, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize("text", ["3-1", "0,5-4", "9-8:2"])
def test_a_range_that_ends_before_it_begins(text: str) -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        parse_cpus(text)
