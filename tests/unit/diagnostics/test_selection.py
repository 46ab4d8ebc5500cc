"""Which rules are asked for: codes, prefixes, names; the closer word wins, the later layer is stronger."""

from __future__ import annotations

import pytest

from orchestrator.diagnostics.selection import ALL, Layer, Selection, Selector, closest, nearest, selector

KNOWN = {
    "ZMQ030": "unknown-key",
    "ZMQ131": "slow-joiner",
    "ZMQ132": "first-worker-takes-all",
    "ZMQ201": "request-circle",
    "OWN1": "ours",
}


def words(*texts: str) -> tuple[Selector, ...]:
    found = tuple(selector(text, KNOWN) for text in texts)
    assert all(found)
    return found  # type: ignore[return-value]


def wanted(*layers: Layer, on_request: frozenset[str] = frozenset()) -> list[str]:
    return [code for code in KNOWN if Selection(layers, on_request).wants(code)]


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        ("ZMQ131", ["ZMQ131"]),
        ("zmq131", ["ZMQ131"]),
        ("131", ["ZMQ131"]),
        (" slow-joiner ", ["ZMQ131"]),
        ("Slow-Joiner", ["ZMQ131"]),
        ("ZMQ1", ["ZMQ131", "ZMQ132"]),
        ("ZMQ", ["ZMQ030", "ZMQ131", "ZMQ132", "ZMQ201"]),
        ("own", ["OWN1"]),
        ("all", list(KNOWN)),
    ],
)
def test_a_word_selects(word: str, codes: list[str]) -> None:
    [found] = words(word)
    assert [code for code in KNOWN if found.matches(code)] == codes


@pytest.mark.parametrize("word", ["", " ", "ZMQ5", "13", "1311", "slow", "slow-joyner", "ZMQ1311"])
def test_a_word_that_selects_nothing(word: str) -> None:
    assert selector(word, KNOWN) is None


@pytest.mark.parametrize(
    ("word", "near"),
    [("slow-joyner", "slow-joiner"), ("ZMQ0300", "ZMQ030"), ("zmq202", "ZMQ201"), ("qqq", None)],
)
def test_the_nearest_word(word: str, near: str | None) -> None:
    assert nearest(word, KNOWN) == near


def test_a_whole_code_is_not_the_beginning_of_a_longer_one() -> None:
    [found] = (selector("OWN1", KNOWN),)
    assert found is not None
    assert not found.matches("OWN12")


def test_without_layers_all_are_wanted_but_those_on_request() -> None:
    assert wanted() == list(KNOWN)
    assert "ZMQ201" not in wanted(on_request=frozenset({"ZMQ201"}))


def test_select_leaves_only_these() -> None:
    assert wanted(Layer(select=words("ZMQ1", "ours"))) == ["ZMQ131", "ZMQ132", "OWN1"]
    assert wanted(Layer(select=())) == []


def test_the_closer_word_wins_and_ignore_when_equal() -> None:
    assert wanted(Layer(select=words("ZMQ1"), ignore=words("slow-joiner"))) == ["ZMQ132"]
    assert wanted(Layer(select=words("ZMQ131"), ignore=words("ZMQ1"))) == ["ZMQ131"]
    assert wanted(Layer(select=words("ZMQ13"), ignore=words("ZMQ13"))) == []
    assert "ZMQ132" not in wanted(Layer(ignore=words("132")))


def test_what_is_on_request_is_selected_by_its_block_and_by_all() -> None:
    off = frozenset({"ZMQ131"})
    assert "ZMQ131" in wanted(Layer(extend=words("ZMQ1")), on_request=off)
    assert "ZMQ131" in wanted(Layer(select=words(ALL)), on_request=off)
    assert "ZMQ132" in wanted(Layer(extend=words("ZMQ131")), on_request=off)


def test_a_later_select_forgets_what_was_said_before() -> None:
    first = Layer(select=words("ZMQ2"), ignore=words("ZMQ131"))
    assert wanted(first, Layer(select=words("ZMQ1"))) == ["ZMQ131", "ZMQ132"]


def test_a_later_ignore_is_stronger_than_an_earlier_closer_select() -> None:
    assert wanted(Layer(select=words("ZMQ131", "ZMQ2")), Layer(ignore=words("ZMQ1"))) == ["ZMQ201"]


def test_a_later_extend_brings_back_what_was_ignored() -> None:
    assert "ZMQ131" in wanted(Layer(ignore=words("ZMQ131")), Layer(extend=words("ZMQ1")))


def test_the_closest_of_several() -> None:
    wide, close = words("ZMQ1", "ZMQ131")
    assert closest((close, wide), "ZMQ131") is close
    assert closest((close, wide), "ZMQ132") is wide
    assert closest((close, wide), "ZMQ201") is None
