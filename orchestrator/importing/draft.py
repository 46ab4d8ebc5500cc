"""A topology as far as a source tells it: what is known, what is open, what got lost on the way.

Texts are in the language of topology files, where `${NAME}` is a variable: literal texts are escaped.
Comments are plain sentences; a line that is to be kept as it is stands in `kept`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.vocabulary import JsonValue, OptionValue


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
    kept: tuple[str, ...] = ()
    """Lines of the source, or of YAML, that stand here as a comment."""


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
    kept: tuple[str, ...] = ()
    sketch: tuple[str, ...] = ()
    """Commented-out YAML at the end of the node, to be filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The whole of it. `origin` says what it was made from: `compose.yaml (docker compose)`."""

    name: str
    origin: str
    nodes: tuple[NodeDraft, ...]
    notes: tuple[str, ...] = ()
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)
    about_defaults: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
