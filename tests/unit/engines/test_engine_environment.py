"""Environments as differences."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engines.environment import changed, changes

_ENVIRONMENT = st.dictionaries(st.sampled_from("ABCDEF"), st.text(max_size=3))


@given(_ENVIRONMENT, _ENVIRONMENT)
def test_a_difference_leads_back(base: dict[str, str], wanted: dict[str, str]) -> None:
    difference = changes(base, wanted)
    assert changed(base, difference) == wanted
    assert all(base.get(name) != value for name, value in difference.items())


def test_only_what_differs_is_in_it() -> None:
    base, wanted = {"A": "1", "B": "2", "C": "3"}, {"A": "1", "B": "x", "D": ""}
    assert changes(base, wanted) == {"B": "x", "C": None, "D": ""}
