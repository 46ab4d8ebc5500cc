"""What an argument takes, told to the shell: a small word at the argument's definition.

An argument with `choices` says it already, and so does one whose name is in `OPTIONS` or whose metavar is in
`METAVARS`. For the rest,
`takes(parser.add_argument(…), Kind.PROFILE)`. Light: every verb may import this.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What can be looked up."""

    TOPOLOGY = "topology"
    """A topology file, or the way to one."""
    RUNNING = "running"
    """The name of a project that runs."""
    LOGGED = "logged"
    """The name of a project that runs or has run."""
    FILE = "file"
    DIRECTORY = "directory"
    NODE = "node"
    INSTANCE = "instance"
    """A node, or one of its replicas."""
    SOCKET = "socket"
    """As `node.socket`."""
    ENDPOINT = "endpoint"
    """A name under `endpoints`."""
    PROFILE = "profile"
    LABEL = "label"
    """The key of a label."""
    GROUP = "group"
    """The word of a `process`, or the value of a label."""
    CODE = "code"
    """The code of a rule; its name once that has begun."""


class Joined(NamedTuple):
    """Two in one word, as in `CODE=LEVEL`."""

    left: Sources
    right: Sources
    by: str = "="


class Several(NamedTuple):
    """Any number of them in one word, with commas between."""

    of: Sources


Source = Kind | Joined | Several | str | Callable[[], Iterable[str] | Mapping[str, str]]
"""A kind, a combination, a fixed word, or a function that gives words (or words with what they mean)."""
Sources = tuple[Source, ...]


def _signals() -> Iterable[str]:
    from signal import Signals

    return tuple(Signals.__members__)


METAVARS: Final[Mapping[str, Sources]] = {
    "FILE": (Kind.FILE,),
    "OUT": (Kind.FILE,),
    "DIR": (Kind.DIRECTORY,),
    "NODE": (Kind.NODE,),
    "GROUP": (Kind.GROUP,),
    "NODE=N": (Joined((Kind.NODE,), ()),),
    "CODE": (Kind.CODE,),
    "CODES": (Several((Kind.CODE,)),),
    "OLD": (Kind.TOPOLOGY,),
    "NEW": (Kind.TOPOLOGY,),
    "TOPOLOGY": (Kind.TOPOLOGY,),
    "NODE.SOCKET": (Kind.SOCKET,),
}
"""metavar -> what it stands for wherever nothing else is said."""

OPTIONS: Final[Mapping[str, Sources]] = {"--profile": (Kind.PROFILE,), "--signal": (_signals,)}
"""option -> what it takes in every verb that has it."""

POSITIONAL: Final[Mapping[str, Sources]] = {"FILE": (Kind.TOPOLOGY,), "NODE": (Kind.INSTANCE,)}
"""The same for arguments without a dash, where that differs."""

_ATTRIBUTE: Final = "orchestrator_takes"


def takes(action: argparse.Action, *sources: Source) -> argparse.Action:
    """Say what the argument takes; without sources, that nothing can be proposed. Returns the argument."""
    setattr(action, _ATTRIBUTE, sources)
    return action


def taken_by(action: argparse.Action) -> Sources:
    """What the argument takes: as declared, else its choices, else what its name or metavar stands for."""
    declared: Sources | None = getattr(action, _ATTRIBUTE, None)
    if declared is not None:
        return declared
    if action.choices is not None:
        return tuple(str(choice) for choice in action.choices)
    for option in action.option_strings:
        if option in OPTIONS:
            return OPTIONS[option]
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if not action.option_strings and metavar in POSITIONAL:
        return POSITIONAL[metavar]
    return METAVARS.get(metavar, ())
