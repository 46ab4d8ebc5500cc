"""`links`: the declared links, and what the sockets of the running processes really do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from orchestrator.runtime.api.context import Context
from orchestrator.runtime.flows import Flow, flow_fields
from orchestrator.supervision.links.types import End, LinkReport, Links, LinkState, Refused, Stranger

VERSION: Final = 1
"""Of the fields below; raised when one changes its meaning or goes."""


async def links(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Every declared link, and every peer that nobody declared."""
    del args
    view = context.supervisor.links()
    found = await view.look()
    flows = view.flows(found).by_link
    record = context.record()
    return {
        "version": VERSION,
        "project": record.project,
        "topology": record.topology,
        "file": record.file,
        "up": found.up,
        "declared": len(found.links),
        "links": [_link(link, own) for link, own in zip(found.links, flows, strict=True)],
        "strangers": [_stranger(stranger) for stranger in found.strangers],
        "refused": [_refused(refused) for refused in found.refused],
    }


def _refused(refused: Refused) -> dict[str, Any]:
    return {"socket": _end(refused.binder), "kinds": dict(refused.kinds), "last_s": refused.last_s}


def counts(found: Links) -> dict[str, dict[str, int]]:
    """unit -> how many of its links are up, and how many there are."""
    return {unit: {"up": up, "declared": count} for unit, (up, count) in found.of_units().items()}


def _link(link: LinkReport, flows: Iterable[Flow]) -> dict[str, Any]:
    declared = link.declared
    return {
        "connector": _end(declared.connector),
        "binder": None if declared.binder is None else _end(declared.binder),
        "address": declared.address,
        "state": link.state.value,
        "reason": link.reason,
        "remedy": link.remedy,
        "since_s": link.since_s,
        "handshakes": link.handshakes,
        "failed": dict(link.failed),
        "up": link.state is LinkState.UP,
        "flows": [flow_fields(flow) for flow in flows],
    }


def _end(end: End) -> dict[str, str]:
    return {"unit": end.unit, "instance": end.instance, "socket": end.socket, "type": end.type.value}


def _stranger(stranger: Stranger) -> dict[str, Any]:
    return {
        "socket": _end(stranger.binder),
        "address": stranger.address,
        "who": stranger.who,
        "pid": stranger.pid,
        "user": stranger.user,
    }
