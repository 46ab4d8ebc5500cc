"""An experiment as its file says it, every default filled in. Values only. Durations are float seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from orchestrator.span import Span
from orchestrator.vocabulary import Path

ANY: Final = "any"
"""Chooses one by the seed, where a node's name or a replica may stand."""
ALL: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Which processes a fault is aimed at."""

    node: str
    replica: int | str = ANY
    """A number, ANY or ALL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Across:
    """Which connections a fault is aimed at."""

    link: str
    """`node.socket` of the binder, or a name of `endpoints`."""
    source: str | None = None
    """`node` or `node.socket` of those who connect; None: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    aim: Aim
    signum: int

    for_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    aim: Aim
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    aim: Aim
    for_s: float
    share: float
    """Of the time, in which it runs."""
    period_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeats:
    aim: Aim
    for_s: float
    by_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    across: Across
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    across: Across
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    across: Across
    for_s: float
    by_s: float
    jitter_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    across: Across
    for_s: float
    rate: float
    """Bytes in each second, each way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    directory: str
    """Absolute."""
    for_s: float
    leave: int
    """Bytes that stay free."""
    at_most: int
    """Bytes that are written, no more."""


AimedFault: TypeAlias = Kill | Freeze | Slow | Heartbeats
"""At processes."""
LinkFault: TypeAlias = Cut | Hold | Delay | Throttle
"""At connections."""
What: TypeAlias = AimedFault | LinkFault | Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What must hold after a fault."""

    ready_again_within_s: float = 10.0
    others_untouched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An item of `faults`."""

    what: What
    after_s: float
    """Since the topology was ready."""
    every_s: float
    times: int
    expect: Expect
    span: Span
    path: Path

    @property
    def kind(self) -> str:
        """The word of the file: `kill`."""
        return type(self.what).__name__.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    name: str
    file: str
    topology: str
    """The file, as it can be opened from here."""
    faults: tuple[Fault, ...]
    profiles: tuple[str, ...] = ()
    seed: int | None = None
    ready_within_s: float = 60.0
    topology_survives: bool = True
    no_message_lost: bool = False
    description: str | None = None
