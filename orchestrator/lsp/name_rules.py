"""What a name may be, as the schema says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from orchestrator.lsp.names import Kind
from orchestrator.spec.schema import load_schema

_WHERE: Final = {
    Kind.NODE: ("properties", "nodes"),
    Kind.MESSAGE: ("properties", "messages"),
    Kind.ENDPOINT: ("properties", "endpoints"),
    Kind.SOCKET: ("definitions", "node", "properties", "sockets"),
}


@dataclass(frozen=True, slots=True)
class NameRule:
    """A regular expression (JSON Schema's dialect, which Python's contains), and its meaning in words."""

    pattern: str
    title: str


def name_rule(kind: Kind) -> NameRule:
    """The rule for a kind of names."""
    at: Any = load_schema()
    for key in _WHERE[kind]:
        at = at[key]
    names = at["propertyNames"]
    return NameRule(names["pattern"], names["title"])
