"""The links of a running topology, as a table, with the reason and the remedy for each that is not up."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.app import losses
from orchestrator.cli.tables import ago, table

_HEAD: Final = (
    *("LINK", "STATE", "SINCE", "HANDSHAKES"),
    *("SENT", "RECEIVED", "DROPPED", "LATE", "LAG", "ADDRESS"),
)
_BACK: Final = "  and back"
_ODDITIES: Final = (
    ("reordered", "out of order"),
    ("undecodable", "not decoded"),
    ("mismatched", "of another schema"),
    ("before", "sent before it was there"),
)


def text(found: dict[str, Any]) -> str:
    """What `ps --links` prints: `found` is the API's answer to `links`."""
    if not found["links"]:
        return f"{found['topology']} declares no links\n" + _strangers(found) + _refused(found)
    rows = [row for link in found["links"] for row in _rows(link)]
    told = [line for link in found["links"] if link["reason"] for line in lines(link)]
    told += [line for loss in losses.of_links(found) for line in (loss.fact, f"    help: {loss.remedy}")]
    told += [_odd(flow) for link in found["links"] for flow in link.get("flows", ()) if _has_odd(flow)]
    parts = [
        table(_HEAD, rows).rstrip("\n"),
        "",
        f"{found['up']} of {found['declared']} links are up",
        *([""] if told else []),
        *told,
    ]
    return "\n".join(parts) + "\n" + _strangers(found) + _refused(found)


def name(link: dict[str, Any]) -> str:
    """`source.out -> sink.in`; the address where a program outside binds."""
    binder = link["binder"]
    return f"{_ref(link['connector'])} -> {_ref(binder) if binder else link['address']}"


def lines(link: dict[str, Any]) -> list[str]:
    """Why a link is not up, and what to do."""
    told = [f"{name(link)} is {link['state']}: {link['reason']}"]
    return [*told, f"    help: {link['remedy']}"] if link["remedy"] else told


def stranger(found: dict[str, Any]) -> str:
    """Who is connected and declared nowhere."""
    user = f" of user {found['user']}" if found["user"] else ""
    at = f" ({found['address']})" if found["address"] else ""
    return f"nobody declared it: {found['who']}{user} is connected to {_ref(found['socket'])}{at}"


def _strangers(found: dict[str, Any]) -> str:
    told = [stranger(s) for s in found["strangers"]]
    if not told:
        return ""
    remedy = (
        "    help: end it, or declare it: a node, or an endpoint with `external: true` that the socket binds"
    )
    return "\n" + "\n".join((*told, remedy)) + "\n"


def refused(found: dict[str, Any]) -> str:
    """Where peers were turned away, and why."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["kinds"].items())
    return f"{_ref(found['socket'])} has turned peers away: {kinds}; the last {ago(found['last_s'])} ago"


def _refused(found: dict[str, Any]) -> str:
    told = [refused(r) for r in found.get("refused", ())]
    remedy = "    help: `orchestrator logs` of the node says who, and why"
    return "\n" + "\n".join((*told, remedy)) + "\n" if told else ""


def _rows(link: dict[str, Any]) -> list[tuple[str, ...]]:
    """One for each way that messages go."""
    count, (first, *more) = link["handshakes"], link.get("flows") or [None]
    head = (
        name(link),
        link["state"],
        "-" if link["since_s"] is None else ago(link["since_s"]),
        "-" if count is None else str(count),
    )
    rows = [(*head, *_flow(first), link["address"] or "-")]
    return [*rows, *((_BACK, "", "", "", *_flow(flow), "") for flow in more)]


def _flow(flow: dict[str, Any] | None) -> tuple[str, ...]:
    """What went that way; a link that lost something is marked."""
    if flow is None:
        return ("-",) * 5
    known = [count for count in (flow["dropped"], flow["unsent"]) if count is not None]
    dropped = f"{sum(known):,}" + (" !" if flow["lost"] else "") if known else "-"
    lag = "-" if flow["lag_s"] is None else _lag(flow["lag_s"])
    return _count(flow["sent"]), _count(flow["received"]), dropped, _count(flow["late"]), lag


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _lag(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else ago(seconds)


def _has_odd(flow: dict[str, Any]) -> bool:
    return any(flow[key] for key, _ in _ODDITIES)


def _odd(flow: dict[str, Any]) -> str:
    told = ", ".join(f"{flow[key]:,} {words}" for key, words in _ODDITIES if flow[key])
    return f"{flow['receiver']}, of the messages of {flow['sender']}: {told}"


def _ref(end: dict[str, str]) -> str:
    return f"{end['instance']}.{end['socket']}"
