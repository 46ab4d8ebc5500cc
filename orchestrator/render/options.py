"""What a person may ask of a picture, beside its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.render.picture import Mark

if TYPE_CHECKING:
    from orchestrator.model.types import Topology
    from orchestrator.render.dot import Link


class ThemeName(StrEnum):
    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"
    """SVG and HTML that are light or dark as their reader prefers; light in every other format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All options of a picture; the defaults draw everything that is legible."""

    theme: ThemeName = ThemeName.AUTO
    group: str = "process"
    """`process`, `host`, `label:KEY` or `none`."""
    focus: tuple[str, ...] = ()
    depth: int = 1
    """How many links away from the focus."""
    hide: tuple[str, ...] = ()
    """Nodes and socket types that are left out."""
    collapse: tuple[str, ...] | None = None
    """Groups drawn as one box each; empty for all of them, None for none."""
    fold: bool = True
    """Whether a picture that is too large folds itself."""
    old: Topology | None = None
    """An older topology to compare with."""
    marks: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)
    """Findings by the node that they are about."""
    link: Link | None = None
    """Where a click on a node leads."""


PLAIN = Options()
