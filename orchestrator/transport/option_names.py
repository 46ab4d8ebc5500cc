"""The names of socket options, and finding one under any of them. Light; the table is `options_table`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.vocabulary import OptionValue

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "identity": "routing_id",
        "connect_rid": "connect_routing_id",
        "fail_unroutable": "router_mandatory",
        "router_behavior": "router_mandatory",
        "delay_attach_on_connect": "immediate",
    }
)
"""Older names in zmq.h for the same options."""


def canonical(name: str) -> str:
    """The option's name in the table: `identity` is `routing_id`."""
    return ALIASES.get(name, name)


def option_of(options: Mapping[str, OptionValue], name: str) -> OptionValue | None:
    """The value of an option under any of its names, or None where it is not set."""
    if not options:
        return None
    if name in options:
        return options[name]
    return next((value for key, value in options.items() if ALIASES.get(key) == name), None)
