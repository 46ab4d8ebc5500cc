"""Which way links point and what they are coloured by."""

from __future__ import annotations

import pytest

from orchestrator.render.families import direction, family_of, family_of_link
from orchestrator.render.picture import Arrows, Family
from orchestrator.vocabulary import SocketType as T


@pytest.mark.parametrize(
    ("connector", "binder", "connector_is_tail", "arrows"),
    [
        (T.SUB, T.PUB, False, Arrows.FORWARD),
        (T.PUB, T.SUB, True, Arrows.FORWARD),
        (T.XSUB, T.XPUB, False, Arrows.FORWARD),
        (T.PUSH, T.PULL, True, Arrows.FORWARD),
        (T.PULL, T.PUSH, False, Arrows.FORWARD),
        (T.REQ, T.REP, True, Arrows.BOTH),
        (T.REP, T.REQ, False, Arrows.BOTH),
        (T.REP, T.DEALER, False, Arrows.BOTH),
        (T.ROUTER, T.DEALER, False, Arrows.BOTH),
        (T.ROUTER, T.ROUTER, True, Arrows.BOTH),
        (T.DEALER, T.DEALER, True, Arrows.BOTH),
        (T.PAIR, T.PAIR, True, Arrows.BOTH),
        (T.PUSH, T.PUSH, True, Arrows.NONE),
        (T.SUB, None, False, Arrows.FORWARD),
        (T.PUSH, None, True, Arrows.FORWARD),
        (T.REP, None, False, Arrows.BOTH),
        (None, T.REQ, False, Arrows.BOTH),
        (None, T.PULL, True, Arrows.FORWARD),
    ],
)
def test_arrows_follow_the_data(
    connector: T | None, binder: T | None, connector_is_tail: bool, arrows: Arrows
) -> None:
    assert direction(connector, binder) == (connector_is_tail, arrows)


@pytest.mark.parametrize(
    ("one", "other", "family"),
    [
        (T.PUB, T.SUB, Family.PUB_SUB),
        (T.XPUB, T.SUB, Family.PUB_SUB),
        (T.PUSH, T.PULL, Family.PIPELINE),
        (T.REQ, T.REP, Family.REQ_REP),
        (T.REQ, T.ROUTER, Family.ROUTED),
        (T.DEALER, T.REP, Family.ROUTED),
        (T.DEALER, T.ROUTER, Family.ROUTED),
        (T.PAIR, T.PAIR, Family.PAIR),
        (T.PUB, T.PULL, Family.MISFIT),
        (T.REQ, T.REQ, Family.MISFIT),
        (T.SUB, None, Family.PUB_SUB),
    ],
)
def test_links_have_the_colour_of_their_pattern(one: T, other: T | None, family: Family) -> None:
    assert family_of_link(one, other) is family
    if other is not None:
        assert family_of_link(other, one) is family


def test_every_type_has_a_family() -> None:
    assert {family_of(t) for t in T} == set(Family) - {Family.MISFIT}
