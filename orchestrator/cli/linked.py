"""The links of a running topology, as a table, with the reason and the remedy for each that is not up."""

from __future__ import annotations

from typing import Any

from orchestrator.cli.tables import ago, table

_HEAD = ("LINK", "STATE", "SINCE", "HANDSHAKES", "ADDRESS")


def text(found: dict[str, Any]) -> str:
    """What `ps --links` prints: `found` is the API's answer to `links`."""
    if not found["links"]:
        return f"{found['topology']} declares no links\n" + _strangers(found)
    rows = [_row(link) for link in found["links"]]
    told = [line for link in found["links"] if link["reason"] for line in lines(link)]
    parts = [
        table(_HEAD, rows).rstrip("\n"),
        "",
        f"{found['up']} of {found['declared']} links are up",
        *([""] if told else []),
        *told,
    ]
    return "\n".join(parts) + "\n" + _strangers(found)


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


def _row(link: dict[str, Any]) -> tuple[str, ...]:
    count = link["handshakes"]
    return (
        name(link),
        link["state"],
        "-" if link["since_s"] is None else ago(link["since_s"]),
        "-" if count is None else str(count),
        link["address"] or "-",
    )


def _ref(end: dict[str, str]) -> str:
    return f"{end['instance']}.{end['socket']}"
