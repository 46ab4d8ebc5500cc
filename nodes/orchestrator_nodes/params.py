"""The params of the stock nodes. Loads neither zmq nor a node, because the checker reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def _described(default: Any, description: str) -> Any:
    return field(default=default, metadata={"description": description})


@dataclass(frozen=True, kw_only=True)
class NoParams:
    """Nothing to set."""


@dataclass(frozen=True, kw_only=True)
class SourceParams:
    """`use: source`."""

    rate: float = _described(1.0, "messages a second; 0 sends as fast as they are taken")
    count: int = _described(0, "ends after so many messages; 0 goes on for ever")
    payload: Any = _described(None, "what every message holds; without it, messages are numbered from 0")  # noqa: RUF009
    topic: str | None = _described(None, "the topic of every message (PUB and XPUB)")

    def __post_init__(self) -> None:
        if self.rate < 0 or self.count < 0:
            raise ValueError("rate and count cannot be negative")


@dataclass(frozen=True, kw_only=True)
class SinkParams:
    """`use: sink`."""

    every: int = _described(1000, "prints a line after so many messages; 0 prints nothing")
    count: int = _described(0, "ends after so many messages; 0 goes on for ever")


@dataclass(frozen=True, kw_only=True)
class PrinterParams:
    """`use: printer`."""

    count: int = _described(0, "ends after so many messages; 0 goes on for ever")


@dataclass(frozen=True, kw_only=True)
class ReplierParams:
    """`use: replier`."""

    delay: float = _described(0.0, "seconds between a request and its reply")


@dataclass(frozen=True, kw_only=True)
class RequesterParams:
    """`use: requester`."""

    rate: float = _described(1.0, "requests a second; 0 asks again as soon as the reply is there")
    count: int = _described(0, "ends after so many replies; 0 goes on for ever")
    payload: Any = _described(None, "what every request holds; without it, requests are numbered from 0")  # noqa: RUF009
    timeout: float = _described(5.0, "seconds to wait for a reply; the node fails without one")
