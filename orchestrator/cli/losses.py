"""Words for messages that did not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def loss_text(loss: Mapping[str, Any]) -> str:
    """`feed.out -> slow.into: 30,000 sent, 4,400 received, 25,600 dropped`, from the fields of the event
    `messages_lost`."""
    sender, receiver = loss["sender"], loss["receiver"]
    counts = [(loss["sent"], "sent"), (loss["received"], "received")]
    told = [f"{count:,} {word}" for count, word in counts if count is not None]
    if loss["dropped"]:
        told.append(f"{loss['dropped']:,} dropped")
    if loss["unsent"]:
        told.append(f"{loss['unsent']:,} given up by {sender}, which had no room for them")
    if loss["discarded"]:
        told.append(f"{loss['discarded']:,} of those received were late and thrown away")
    if loss["left"]:
        told.append(f"{loss['left']:,} not taken")
    return f"{sender if receiver is None else f'{sender} -> {receiver}'}: {', '.join(told)}"
