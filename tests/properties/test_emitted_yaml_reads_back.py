"""Whatever is written as YAML is read back as it was, by this package and by PyYAML."""

from __future__ import annotations

import math

import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.quantities import format_duration, parse_duration
from orchestrator.source import to_yaml
from orchestrator.source.onefile import read_one
from orchestrator.source.variables import escaped, substitute

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cn"]), max_size=20) | st.text(
    "${}a: -#'\"\\\n\t\x85\u2028&*!|>%@`?,[]~0.1exo", max_size=12
)
SCALARS = TEXT | st.integers(-(2**70), 2**70) | st.booleans() | st.none() | st.floats(allow_nan=False)
DATA = st.dictionaries(
    TEXT, st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)),
    min_size=1, max_size=5,
)  # fmt: skip


@given(DATA)
def test_it_is_read_back(data: dict[str, object]) -> None:
    written = to_yaml(data)  # type: ignore[arg-type]
    read = read_one("x.yaml", written, {})
    assert read.diagnostics == ()
    assert read.data == data


@given(DATA)
def test_readers_of_yaml_1_1_read_the_same_but_for_dollars(data: dict[str, object]) -> None:
    if "$" not in repr(data):
        assert yaml.safe_load(to_yaml(data)) == data  # type: ignore[arg-type]


@given(st.text("${}a \n", max_size=30))
def test_escaping(text: str) -> None:
    assert substitute(escaped(text), {"a": "no"}).text == text


@given(st.floats(0, 1e9), st.sampled_from([0.001, 1.0, 60.0, 3600.0]), st.integers(0, 10**6))
def test_durations(seconds: float, unit: float, count: int) -> None:
    assert math.isclose(parse_duration(format_duration(seconds)), seconds, rel_tol=1e-9, abs_tol=1e-12)
    assert parse_duration(format_duration(count * unit)) == count * unit
