"""What a running topology has lost so far, in words: from the API's answers to `links` and `status`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_PUBLISHERS: Final = ("PUB", "XPUB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Messages of one link, or of one socket, that did not arrive, or came too late."""

    subject: str
    fact: str
    remedy: str
    agreed: bool = False
    """The file says that it may be (`delivery: drop`)."""


def of_links(found: Mapping[str, Any]) -> Iterator[Loss]:
    """`found`: the answer to `links`."""
    for link in found["links"]:
        ends = (link["connector"], link["binder"] or {})
        types = {f"{end['instance']}.{end['socket']}": end["type"] for end in ends if end}
        for flow in link.get("flows", ()):
            if flow["lost"]:
                yield from _lost(flow, types.get(flow["sender"]))
            if flow["late"]:
                yield _late(flow)


def of_sockets(found: Mapping[str, Any], status: Mapping[str, Any]) -> Iterator[Loss]:
    """What is on no link's account, because it might have gone to any of several receivers."""
    flows = [flow for link in found["links"] for flow in link.get("flows", ())]
    told = {flow["sender"] for flow in flows if flow["unsent"] is not None}
    dealers = {flow["sender"] for flow in flows} - told
    for row in status["traffic"]:
        name = f"{row['instance']}.{row['socket']}"
        if row["dropped"] and name in dealers:
            yield _given_up(name, None, row["sent"], row["dropped"], None)


def _lost(flow: Mapping[str, Any], sender_type: str | None) -> Iterator[Loss]:
    if flow["dropped"]:
        yield _missed(flow, sender_type)
    if flow["unsent"]:
        yield _given_up(flow["sender"], flow["receiver"], flow["sent"], flow["unsent"], flow["delivery"])


def _missed(flow: Mapping[str, Any], sender_type: str | None) -> Loss:
    sender, receiver, dropped = flow["sender"], flow["receiver"], flow["dropped"]
    if sender_type in _PUBLISHERS:
        why = "it is slower than they come, and a publisher drops what a subscriber's queue has no room for"
        remedy = (
            f"`delivery: lossless` at {sender} has it wait; a larger `rcvhwm` at {receiver} and `sndhwm` at "
            f"{sender} take longer bursts; {receiver.partition('.')[0]} may hand its work on to replicas"
        )
    else:
        why = "what is on its way is lost when a process or a connection breaks off"
        remedy = "`orchestrator events` shows who was restarted; `ps --links` how often the link came up"
    whole = flow["received"] + dropped
    share = _share(dropped, whole)
    fact = f"{receiver} has missed {dropped:,} of {whole:,} messages of {sender} ({share}): {why}"
    return Loss(subject=_name(flow), fact=fact, remedy=remedy, agreed=flow["delivery"] == "drop")


def _given_up(sender: str, receiver: str | None, sent: int, unsent: int, delivery: str | None) -> Loss:
    to, whole = f" to {receiver}" if receiver else "", sent + unsent
    return Loss(
        subject=sender if receiver is None else f"{sender} -> {receiver}",
        fact=f"{sender} had no room for {unsent:,} of {whole:,} messages{to} ({_share(unsent, whole)}), "
        "and gave them up",
        remedy="`delivery: lossless` waits for room; a larger `sndhwm` takes longer bursts; "
        "more replicas of the receiver take more",
        agreed=delivery == "drop",
    )


def _late(flow: Mapping[str, Any]) -> Loss:
    receiver = flow["receiver"]
    longest = "" if flow["max_lag_s"] is None else f"; the longest lag was {flow['max_lag_s']:.3g} s"
    done = ", and threw them away" if flow["discarded"] else ""
    messages = f"{flow['late']:,} messages of {flow['sender']}"
    return Loss(
        subject=_name(flow),
        fact=f"{receiver} took {messages} later than `max_lag`{done}{longest}",
        remedy=f"{receiver.partition('.')[0]} has to do less per message, or to hand its work on to replicas",
    )


def _name(flow: Mapping[str, Any]) -> str:
    return f"{flow['sender']} -> {flow['receiver']}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2g} %" if part < whole else "all"
