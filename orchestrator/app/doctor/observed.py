"""Declared links beside what the sockets do: the API's answer to `links`, and what of it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from orchestrator.app.doctor.types import Check, Topic

_FLAPS: Final = 5
_FLAP_S: Final = 60.0
"""A link that came up so often, and stood for less than this, comes and goes."""


def links(topic: Topic, status: dict[str, Any], found: dict[str, Any]) -> Iterator[Check]:
    """The links of a project: `status` and `found` are the API's answers."""
    restarts = {unit["unit"]: unit["restarts"] for unit in status["units"]}
    absent = {unit["unit"] for unit in status["units"] if unit["pid"] is None}
    for link in found["links"]:
        if not link["up"]:
            yield _link(topic, link, absent)
        elif _flaps(link, restarts):
            yield topic.warning(
                f"{name(link)} comes and goes: it came up {link['handshakes']} times, "
                f"last {link['since_s']:.0f} s ago",
                f"see whether {_binder(link)} closes connections, or the network between breaks them",
                subject=name(link),
            )
    for stranger in found["strangers"]:
        yield _stranger(topic, stranger)
    for refused in found.get("refused", ()):
        yield _refused(topic, refused)
    if found["up"] == found["declared"] and found["declared"]:
        count = found["declared"]
        yield topic.ok("the link is up" if count == 1 else f"all {count} links are up")


def _refused(topic: Topic, refused: dict[str, Any]) -> Check:
    where = _ref(refused["socket"])
    kinds = ", ".join(f"{count} {kind}" for kind, count in refused["kinds"].items())
    return topic.warning(
        f"{where} has turned peers away: {kinds}; the last {refused['last_s']:.0f} s ago",
        f"`orchestrator logs {refused['socket']['unit']}` says who, and why",
        subject=where,
    )


def unsettled(status: dict[str, Any], found: dict[str, Any], young_s: float) -> bool:
    """Whether a link is down, and one of its ends has become ready less than `young_s` ago."""
    young = {u["unit"] for u in status["units"] if u["state"] == "ready" and u["state_age_s"] < young_s}
    return any(link["state"] == "down" and not young.isdisjoint(_units(link)) for link in found["links"])


def name(link: dict[str, Any]) -> str:
    """`source.out -> sink.in`; the address where a program outside binds."""
    return f"{_ref(link['connector'])} -> {_binder(link)}"


def _link(topic: Topic, link: dict[str, Any], absent: set[str]) -> Check:
    fact = f"{name(link)} is {link['state']}: {link['reason']}"
    if link["state"] == "unknown" or not absent.isdisjoint(_units(link)):
        return topic.note(
            fact, subject=name(link)
        )  # of a process that is not there, the line about it tells enough
    since = f" (for {link['since_s']:.0f} s)" if link["since_s"] is not None else ""
    failed = ", ".join(f"{count} {kind}" for kind, count in link["failed"].items())
    counted = f"; handshakes that failed: {failed}" if failed else ""
    remedy = link["remedy"] or "`orchestrator ps --links` follows it"
    make = topic.error if link["state"] == "failing" else topic.warning
    return make(f"{fact}{counted}{since}", remedy, subject=name(link))


def _stranger(topic: Topic, stranger: dict[str, Any]) -> Check:
    user = f" of user {stranger['user']}" if stranger["user"] else ""
    at = f" ({stranger['address']})" if stranger["address"] else ""
    return topic.warning(
        f"{stranger['who']}{user} is connected to {_ref(stranger['socket'])}{at}, and no link declares it",
        "end it, or declare it: a node, or an endpoint with `external: true` that the socket binds",
        subject=_ref(stranger["socket"]),
        pid=stranger["pid"],
    )


def _flaps(link: dict[str, Any], restarts: dict[str, int]) -> bool:
    """Whether it came up often, more often than its binder was replaced, and not long ago."""
    binder = link["binder"]
    expected = 1 + restarts.get(binder["unit"], 0) if binder else 1
    return (
        link["handshakes"] is not None
        and link["handshakes"] - expected >= _FLAPS
        and link["since_s"] is not None
        and link["since_s"] < _FLAP_S
    )


def _units(link: dict[str, Any]) -> set[str]:
    return {end["unit"] for end in (link["connector"], link["binder"]) if end is not None}


def _binder(link: dict[str, Any]) -> str:
    return _ref(link["binder"]) if link["binder"] else str(link["address"])


def _ref(end: dict[str, str]) -> str:
    return f"{end['instance']}.{end['socket']}"
