"""What an author writes above a method: `@every("100ms")`, `@on("ticks", topic="AAPL")`.

The decorators leave a mark on the function and return it as it is; whoever drives the node reads the marks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from orchestrator.durations import parse_duration
from orchestrator.sdk.errors import NodeError

_EVERY: Final = "__orchestrator_every__"
_ON: Final = "__orchestrator_on__"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class OnMark:
    """One `@on`: which messages the method handles."""

    socket: str
    topic: str | None
    """None: all. With a `*` at its end: all topics that begin so."""


def every(period: str | float) -> Callable[[F], F]:
    """Have a method called again and again: `@every("100ms")`, `@every(0.1)` (seconds).

    A method without arguments beside `self`, plain or `async def`. Its times are multiples of the period
    from the start of the node on: they do not drift. One that comes too late is called once; what it has
    missed is counted as skipped.

    On a function or generator that is a node by itself: what it returns or yields each time is sent.

    Raises NodeError for a period that is no duration or not above 0.
    """
    try:
        seconds = parse_duration(period) if isinstance(period, str) else float(period)
    except (ValueError, TypeError) as error:
        raise NodeError(f"@every({period!r}): {error}", 'write it as "100ms", "1.5s" or "2m"') from error
    if not seconds > 0:
        raise NodeError(f"@every({period!r}): the period must be above 0")

    def mark(function: F) -> F:
        setattr(function, _EVERY, seconds)
        return function

    return mark


def on(socket: str, *, topic: str | None = None) -> Callable[[F], F]:
    """Have a method handle the messages of `socket`, or those of one topic of it.

    `topic="AAPL"` is that topic alone, `topic="fx.*"` every one that begins with `fx.`. The closest wins;
    what no method names goes to `on_<socket>`, and is passed over where there is none. A method may have
    several. What arrives at all is decided by `subscribe` in the topology.
    """
    if not socket:
        raise NodeError("@on() needs the name of a socket")

    def mark(function: F) -> F:
        marks: tuple[OnMark, ...] = getattr(function, _ON, ())
        setattr(function, _ON, (OnMark(socket, topic), *marks))
        return function

    return mark


def period_of(function: object) -> float | None:
    """The period of an `@every`, in seconds; None without one."""
    found: float | None = getattr(function, _EVERY, None)
    return found


def marks_of(function: object) -> tuple[OnMark, ...]:
    """Every `@on` of a function."""
    found: tuple[OnMark, ...] = getattr(function, _ON, ())
    return found


def marked(owner: type) -> list[tuple[str, Any]]:
    """The methods of a class that bear a mark, by name; one that a derived class overrides is not among
    them unless it bears one again."""
    found = []
    for name in dir(owner):
        if name.startswith("__"):
            continue
        value = getattr(owner, name, None)
        if callable(value) and (hasattr(value, _EVERY) or hasattr(value, _ON)):
            found.append((name, value))
    return found
