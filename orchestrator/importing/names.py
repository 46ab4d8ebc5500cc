"""Foreign names as names of the topology language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

_LONGEST: Final = 58
"""Names end at 63 characters; five are left for a number."""


def label(text: str) -> str:
    """A topology's name: a DNS label. `topology` where nothing of the text can stay."""
    word = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")
    return word or "topology"


def node_name(text: str, fallback: str = "node") -> str:
    """The name of a node or a process: letters, digits, `_` and `-`, no `-` at its ends."""
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:_LONGEST].strip("-")
    return kept or fallback


def socket_name(text: str, fallback: str = "socket") -> str:
    """The name of a socket: as that of a node, but no digit in front."""
    kept = node_name(text, fallback)
    return f"{fallback}-{kept}"[:_LONGEST].strip("-") if kept[0].isdigit() else kept


def unique(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or with a number behind it where that name is taken."""
    used = set(taken)
    if wanted not in used:
        return wanted
    number = 2
    while f"{wanted}-{number}" in used:
        number += 1
    return f"{wanted}-{number}"


def all_unique(names: Iterable[str], named: Callable[[str], str] = node_name) -> Mapping[str, str]:
    """Foreign name -> name here, all different."""
    found: dict[str, str] = {}
    for name in names:
        found[name] = unique(named(name), found.values())
    return found
