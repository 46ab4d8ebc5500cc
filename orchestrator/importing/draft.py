"""A topology as far as a source tells it: what is known, what is open, what got lost on the way.

Texts are in the language of topology files, where `${NAME}` is a variable: literal texts are escaped.
Comments are plain sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from orchestrator.source.foreign import Foreign
from orchestrator.vocabulary import JsonValue, OptionValue

_UNTOLD_TOPICS: Final = 'what it subscribes to is not told: a list of topics, `[""]` for everything.'


@dataclass(frozen=True, slots=True)
class Left:
    """What the source says and a topology can't: a name, the value, and why it stays out.

    Without a `why` it stands in a comment and is not worth telling.
    """

    name: str
    value: Foreign
    why: str


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where in the source something stands. Without a file: nowhere that can be named."""

    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketDraft:
    """A socket. Without a type it is not valid, and `open_type` says how to find it out."""

    name: str
    type: str | None
    bind: tuple[str, ...] = ()
    connect: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    open_type: str = ""
    left: tuple[Left, ...] = ()
    origin: Origin = Origin()

    @property
    def open_keys(self) -> Mapping[str, str]:
        """What has to be filled in: key -> why, in words."""
        if self.type is None:
            return {"type": self.open_type}
        is_deaf = self.type == "SUB" and not self.subscribe
        return {"subscribe": _UNTOLD_TOPICS} if is_deaf else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDraft:
    """A node. Without `command` and `use` it is not valid, and `open_program` says what belongs there."""

    name: str
    command: str | tuple[str, ...] | None = None
    use: str | None = None
    open_program: str = ""
    kind: str | None = None
    process: str | None = None
    replicas: int | str | None = None
    profiles: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    env_file: tuple[str, ...] = ()
    cwd: str | None = None
    depends_on: Mapping[str, str] = field(default_factory=dict)
    """node -> condition."""
    sockets: tuple[SocketDraft, ...] = ()
    health: Mapping[str, JsonValue] = field(default_factory=dict)
    restart: Mapping[str, JsonValue] = field(default_factory=dict)
    stop: Mapping[str, JsonValue] = field(default_factory=dict)
    resources: Mapping[str, JsonValue] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    about: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """key -> sentences above it."""
    left: tuple[Left, ...] = ()
    hints: tuple[str, ...] = ()
    """Notes that are told as well: what has to be looked after before it works."""
    problems: tuple[str, ...] = ()
    """What had to be written as it is, and is wrong here."""
    sketch: tuple[str, ...] = ()
    """Commented-out YAML at the end of the node, to be filled in."""
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The whole of it. `made_from` says what it was: `compose.yaml (docker compose)`."""

    name: str
    made_from: str
    nodes: tuple[NodeDraft, ...]
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    """Notes that are told as well."""
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)
    about_defaults: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()
